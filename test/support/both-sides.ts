/** A directory that is synced in both directions with another one, which stands for the remote. */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Installation } from './installation.ts';
import type { CommandOptions, CommandResult, RunningCommand } from './running-command.ts';
import { writeFiles } from './tree.ts';
import { type ClientVault, editProfile } from './vault.ts';

export interface BothSides {
  readonly local: string;
  /** The directory that the remote is, or that its server serves. */
  readonly remote: string;
  readonly state: string;
  run(args?: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  start(args?: readonly string[], options?: CommandOptions): RunningCommand;
  /** A run that must succeed. @returns the result of its one mapping */
  // biome-ignore lint/suspicious/noExplicitAny: each test knows the result that it asked for
  succeed(args?: readonly string[], options?: CommandOptions): Promise<any>;
  /** A run that must fail. @returns the error that it reports */
  // biome-ignore lint/suspicious/noExplicitAny: the same
  fail(args?: readonly string[], options?: CommandOptions): Promise<any>;
  /** Files that runs kept, without the time in their paths; of two versions of one the later. */
  localTrash(): Record<string, string>;
  remoteTrash(): Record<string, string>;
  /** As after the loss of this machine's state: of what it recorded of places. */
  forget(): void;
  /** The contents of all files that runs kept on a side. */
  kept(side: 'local' | 'remote'): string[];
}

export interface BothSidesOptions {
  /** Of the mapping, above the usual ones. */
  readonly mapping?: Readonly<Record<string, unknown>>;
  /** Of the profile; all others that tests use are taken away. */
  readonly profile?: Readonly<Record<string, unknown>>;
  /** The directory on the server, where the remote is one. */
  readonly served?: string;
}

/** Makes the client's profile one with a single mapping of a new directory, and empties the trash of all others. */
export function bothSides(
  installation: Installation,
  vault: ClientVault,
  name: string,
  { mapping = {}, profile = {}, served }: BothSidesOptions = {},
): BothSides {
  const local = installation.client(vault.client, 'files', name);
  const remote = join(served ?? installation.path('remotes', 'plain'), name);
  const state = installation.client(vault.client, 'cryptosync', 'state');
  const base = { source: local, remotePath: remote, direction: 'bidirectional', plaintext: true };
  editProfile(vault, {
    mappings: [{ ...base, ...mapping }],
    crypt: undefined,
    keepDeleted: undefined,
    autoResync: undefined,
    rcloneFlags: undefined,
    ...profile,
  });
  rmSync(join(state, 'trash'), { recursive: true, force: true });
  mkdirSync(local, { recursive: true });
  const start: BothSides['start'] = (args = [], options) =>
    installation.start(['sync', '--client', vault.client, '--json', ...args], options);
  const run: BothSides['run'] = (args, options) => start(args, options).finished;
  return {
    local,
    remote,
    state,
    run,
    start,
    async succeed(args, options) {
      const result = await run(args, options);
      expect(result, result.stdout + result.stderr).toMatchObject({ exitCode: 0 });
      return result.json.results[0];
    },
    async fail(args, options) {
      const result = await run(args, options);
      expect(result.exitCode, result.stdout + result.stderr).not.toBe(0);
      return result.json.error;
    },
    forget() {
      for (const file of readdirSync(state)) {
        if (/^(record|bisync)-/.test(file)) rmSync(join(state, file), { recursive: true });
      }
    },
    kept: (side) =>
      Object.values(
        contentOf(side === 'local' ? join(state, 'trash') : join(remote, '.cryptosync', 'trash')),
      ).sort(),
    localTrash: () => contentBelow(join(state, 'trash'), 2),
    remoteTrash: () => contentBelow(join(remote, '.cryptosync', 'trash'), 1),
  };
}

/** Every file below a directory with its content. @param dropped so many directories at the beginning of each path */
function contentBelow(directory: string, dropped: number): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [path, content] of Object.entries(contentOf(directory))) {
    found[path.split('/').slice(dropped).join('/')] = content;
  }
  return found;
}

/** Every file below a directory with its content, the tool's own left out. */
export function contentOf(directory: string): Record<string, string> {
  if (statSync(directory, { throwIfNoEntry: false }) === undefined) return {};
  const found: Record<string, string> = {};
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(directory, name);
    if (!name.startsWith('.cryptosync/') && statSync(path, { throwIfNoEntry: false })?.isFile() === true)
      found[name] = readFileSync(path, 'utf8');
  }
  return found;
}

/** Writes a file that is so many seconds younger than now. */
export function writeAt(directory: string, path: string, content: string, secondsFromNow: number): void {
  writeFiles(directory, { [path]: content });
  const time = Date.now() / 1000 + secondsFromNow;
  utimesSync(join(directory, path), time, time);
}

export function remove(directory: string, ...paths: string[]): void {
  for (const path of paths) rmSync(join(directory, path), { recursive: true });
}
