/**
 * The archive in an exported file: one tar(5) in the POSIX format, the files of the client's tree below its name. What
 * is small or made up is packed in memory; what may be large GNU tar reads, with holes, hard links and attributes.
 */
import { requireTool } from '../../system/dependencies.ts';
import { minimalEnvironment } from '../../system/environment.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { outputOf } from '../../system/process/stream.ts';
import { lastLines } from '../../system/process.ts';
import type { Context } from '../context.ts';

/** A tar ends with two blocks of zeros (tar(5)). */
const endLength = 1024;
/** Milliseconds, for the largest vault over the slowest disk. */
export const streamDeadline = 7 * 24 * 3_600_000;

export type TarContext = Pick<Context, 'environment' | 'signal'>;

export const tarEnvironment = ({ environment }: TarContext): Record<string, string> => ({
  // what it says is read
  ...minimalEnvironment(environment),
  LC_ALL: 'C',
});

export interface SmallFile {
  readonly path: string;
  /** Undefined for a directory. */
  readonly content?: string | Uint8Array | undefined;
}

/** The members of some files and directories, without an end: others follow. All are root's, 0600 and 0700. */
export async function membersOf(files: readonly SmallFile[], now: Date): Promise<Uint8Array> {
  const { packTar } = await import('modern-tar');
  const owner = { uid: 0, gid: 0, mtime: now } as const;
  const packed = await packTar(
    files.map(({ path, content }) => {
      if (content === undefined)
        return { header: { ...owner, name: `${path}/`, type: 'directory', size: 0, mode: 0o700 } };
      const body = Buffer.from(content);
      return { header: { ...owner, name: path, size: body.length, mode: 0o600 }, body };
    }),
  );
  return packed.subarray(0, packed.length - endLength);
}

export const archiveEnd = new Uint8Array(endLength);

export interface TarSource {
  readonly directory: string;
  /** Names in it; all of it when left out. */
  readonly names?: readonly string[];
  /** What stands for the directory in the archive. */
  readonly prefix: string;
}

/**
 * The members of a directory, without an end.
 * @param skipped gets the names of what no tar can hold: sockets.
 * @throws PLAN_CHANGED when something changed while it was read, CONFIG_INVALID for what can't be read
 */
export async function* membersIn(
  source: TarSource,
  context: TarContext,
  skipped: string[],
): AsyncGenerator<Uint8Array> {
  const output = outputOf({
    file: requireTool('tar', context.environment),
    args: [
      ...['--create', '--file=-', '--format=posix', '--blocking-factor=1', '--sparse', '--numeric-owner'],
      ...['--xattrs', '--xattrs-include=user.*', '--pax-option=delete=atime,delete=ctime'],
      `--transform=flags=rh;s,^[.],${source.prefix},`,
      `--directory=${source.directory}`,
      '--',
      ...(source.names?.map((name) => `./${name}`) ?? ['.']),
    ],
    environment: tarEnvironment(context),
    deadline: streamDeadline,
    signal: context.signal,
  });
  try {
    let held = Buffer.alloc(0);
    for (;;) {
      const next = await output.next();
      if (next.done) {
        verifyEnd(next.value, source.directory, skipped);
        return;
      }
      const bytes = Buffer.concat([held, next.value]);
      const end = Math.max(0, bytes.length - endLength);
      if (end > 0) yield bytes.subarray(0, end);
      held = bytes.subarray(end);
    }
  } finally {
    // where nobody takes the rest, tar would wait for ever, and this process for tar
    await output.return({ exitCode: undefined, signal: undefined, stderr: '' });
  }
}

interface TarEnd {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stderr: string;
}

/** GNU tar: 1 is "some files differ", 2 is fatal (tar(1)). */
function verifyEnd({ exitCode, signal, stderr }: TarEnd, directory: string, skipped: string[]): void {
  skipped.push(...[...stderr.matchAll(/^\S*tar: (.+): socket ignored$/gm)].map(([, name = '']) => name));
  if (exitCode === 0) return;
  const said = lastLines(stderr, 3) || `it ended with ${signal ?? `exit ${exitCode}`}`;
  if (exitCode === 1) {
    throw new CryptosyncError('PLAN_CHANGED', `something in ${directory} changed while it was read: ${said}`);
  }
  throw new CryptosyncError('CONFIG_INVALID', `tar could not read ${directory}: ${said}`, {
    advice: { to: 'check-paths' },
  });
}
