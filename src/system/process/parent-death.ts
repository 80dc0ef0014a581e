/** Children that must not outlive this process, not even its kill -9. */
import { realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { findExecutable } from '../dependencies.ts';

interface Program {
  readonly file: string;
  readonly args: readonly string[];
}

/** A parent that died before the kernel was asked is told by another one having taken its child. */
const unlessOrphaned = '[ "$PPID" = "$0" ] && exec "$@"';

/**
 * The same program, started so that the kernel kills it when this process dies (prctl(2), PR_SET_PDEATHSIG).
 * setpriv(1) of util-linux asks for that, a shell looks whether it was in time and becomes the program: process id and
 * descriptors stay. Where it is missing, or is busybox's, which can't, the program is started as it is.
 */
export function endingWithUs({ file, args }: Program, environment: NodeJS.ProcessEnv): Program {
  const setpriv = findExecutable('setpriv', environment);
  if (setpriv === undefined || basename(realpathSync(setpriv)) === 'busybox') return { file, args };
  const looking = ['/bin/sh', '-c', unlessOrphaned, String(process.pid)];
  return { file: setpriv, args: ['--pdeathsig', 'KILL', '--', ...looking, file, ...args] };
}
