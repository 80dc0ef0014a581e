/**
 * A directory for PATH in which every tool first writes down how it was called (arguments, environment, stdin) and then
 * is the real one.
 */
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findExecutable } from '../../src/system/dependencies.ts';

export interface Call {
  readonly tool: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly stdin: string;
}

export interface RecordingTools {
  /** For PATH: nothing else is needed on it. */
  readonly directory: string;
  /** The calls since the last `clear`, the oldest first; of one tool when it is named. */
  calls(tool?: string): Call[];
  clear(): void;
}

const recorded = ['gocryptfs', 'rclone', 'fusermount3', 'flock'];
/** What the tools and the scripts around them call themselves. */
const plain = ['sh', 'stat', 'head', 'ls', 'dd', 'mv', 'rm', 'cat', 'chattr', 'date'];

/** The path of a tool of this machine. */
export function toolOnThisMachine(name: string): string {
  const path = findExecutable(name, process.env);
  if (path === undefined) throw new Error(`${name} is missing on this machine`);
  return path;
}

/** A directory with links to the named tools of this machine and no others: a PATH on which the rest is missing. */
export function pathWith(directory: string, names: readonly string[]): string {
  mkdirSync(directory, { recursive: true });
  for (const name of names) symlinkSync(toolOnThisMachine(name), join(directory, name));
  return directory;
}

/** The tools that the command calls, for `pathWith`. */
export const allTools: readonly string[] = [...recorded, ...plain];

/** @param base a directory to make it in. */
export function recordingTools(base: string): RecordingTools {
  const directory = join(base, 'recording');
  const notes = join(base, 'recorded');
  mkdirSync(notes, { recursive: true, mode: 0o700 });
  pathWith(directory, plain);
  for (const name of recorded) {
    const script = join(directory, name);
    writeFileSync(script, scriptFor(name, notes));
    chmodSync(script, 0o755);
  }
  const read = (file: string): string[] => readFileSync(join(notes, file), 'latin1').split('\0').slice(0, -1);
  return {
    directory,
    calls(tool) {
      return readdirSync(notes)
        .filter((file) => file.endsWith('.args') && (tool === undefined || file.split(' ')[1] === tool))
        .sort()
        .map((file) => {
          const name = file.slice(0, -'.args'.length);
          const pairs = read(`${name}.environment`).map((pair) => {
            const equals = pair.indexOf('=');
            return [pair.slice(0, equals), pair.slice(equals + 1)];
          });
          return {
            tool: name.split(' ')[1] ?? '',
            args: read(file),
            environment: Object.fromEntries(pairs),
            stdin: readFileSync(join(notes, `${name}.stdin`), 'latin1'),
          };
        });
    },
    clear() {
      for (const file of readdirSync(notes)) rmSync(join(notes, file));
    },
  };
}

/** PATH may be anything here: every program is named in full. */
function scriptFor(name: string, notes: string): string {
  const [cat, date] = ['cat', 'date'].map(toolOnThisMachine);
  return `#!/bin/sh
note="${notes}/$(${date} +%s%N) ${name} $$"
printf '%s\\0' "$@" > "$note.args"
${cat} /proc/$$/environ > "$note.environment"
${cat} > "$note.stdin"
exec ${toolOnThisMachine(name)} "$@" < "$note.stdin"
`;
}
