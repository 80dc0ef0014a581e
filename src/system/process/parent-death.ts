/** Children that must not outlive this process, not even its kill -9. */
import { realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { findExecutable } from '../dependencies.ts';

interface Program {
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * The same program, started so that the kernel kills it when this process dies (prctl(2), PR_SET_PDEATHSIG).
 * setpriv(1) of util-linux asks for that and then becomes the program: process id, environment and descriptors stay.
 * Where it is missing, or is busybox's, which can't, the program is started as it is.
 */
export function endingWithUs({ file, args }: Program, environment: NodeJS.ProcessEnv): Program {
  const setpriv = findExecutable('setpriv', environment);
  if (setpriv === undefined || basename(realpathSync(setpriv)) === 'busybox') return { file, args };
  return { file: setpriv, args: ['--pdeathsig', 'KILL', '--', file, ...args] };
}
