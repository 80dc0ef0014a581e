/** Reading everything in a mount, by a child: this process never calls into one. */
import { minimalEnvironment } from '../../system/environment.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { nameOfBytes } from '../../system/names.ts';
import { lastLines, run } from '../../system/process.ts';
import type { EngineDependencies } from '../engines/engine.ts';
import { noSpaceLeft } from '../engines/failure.ts';
import { enterMount } from './mount-access.ts';

export interface MountContents {
  /** By path below the mount: SHA-256, hexadecimal. */
  readonly files: ReadonlyMap<string, string>;
  /** What can't be read, as the child says it. */
  readonly unreadable: readonly string[];
}

/** Milliseconds for all of it: a day. */
const deadline = 24 * 3_600_000;

/** @throws INTERRUPTED */
export async function readMountContents(
  mountDir: string,
  { environment, signal }: EngineDependencies,
): Promise<MountContents> {
  const files = new Map<string, string>();
  const unreadable: string[] = [];
  const finished = await run({
    file: 'sh',
    args: ['-c', `${enterMount} && exec find . -xdev -type f -exec sha256sum -- {} +`, 'sh', mountDir],
    environment: { ...minimalEnvironment(environment), LC_ALL: 'C' },
    printsBytes: true,
    onStdoutLine(line) {
      const match = /^(\\?)([0-9a-f]{64}) [ *]\.\/(.*)$/s.exec(line);
      if (match?.[2] === undefined) return;
      files.set(nameOf(match[3] ?? '', match[1] === '\\'), match[2]);
    },
    onStderrLine: (line) => void unreadable.push(line.replace(/^(sha256sum|find): /, '')),
    deadline,
    signal,
  });
  if (finished.exitCode !== 0 && unreadable.length === 0)
    unreadable.push(`reading ended early (${finished.signal ?? `exit ${finished.exitCode}`})`);
  return { files, unreadable };
}

/** sha256sum writes a backslash, a line feed and a carriage return in a name as two characters, and says so. */
function nameOf(text: string, isEscaped: boolean): string {
  const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', '\\': '\\' };
  const plain = isEscaped
    ? text.replaceAll(/\\([nr\\])/g, (_, letter: string) => escapes[letter] ?? letter)
    : text;
  return nameOfBytes(Buffer.from(plain, 'latin1'));
}

/**
 * Copies files and directories out of a mount, under the paths that they have in it, with all that a file system keeps of
 * them. @param paths relative. @returns what is not there; undefined when all was copied. @throws MOUNT_FAILED, DISK_FULL
 */
export async function copyOutOfMount(
  mountDir: string,
  paths: readonly string[],
  to: string,
  { environment, signal }: EngineDependencies,
): Promise<string | undefined> {
  const finished = await run({
    file: 'sh',
    args: [
      '-c',
      `${enterMount} && shift && to=$1 && shift && exec cp -a --sparse=always --parents -- "$@" "$to"`,
      'sh',
      mountDir,
      to,
      ...paths.map((path) => `./${path}`),
    ],
    environment: { ...minimalEnvironment(environment), LC_ALL: 'C' },
    deadline,
    signal,
  });
  if (finished.exitCode === 0) return undefined;
  const said = lastLines(finished.stderr);
  if (/cannot stat .*No such file or directory/.test(said)) return said;
  const code = noSpaceLeft.test(said) ? 'DISK_FULL' : 'MOUNT_FAILED';
  throw new CryptosyncError(code, `what was restored can't be copied out of the vault: ${said}`);
}
