import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from 'node:child_process';
import { root } from './root.ts';

/** What was built: the commit of the sources, and when that was made. */
export interface BuildFacts {
  /** Short; with `+changes` where the sources differ from it. Undefined outside of a clone. */
  readonly commit: string | undefined;
  /** Seconds since 1970: SOURCE_DATE_EPOCH, or the commit's; 0 where neither is known. */
  readonly time: number;
}

/** The same sources give the same facts: the moment of the build is none of them. */
export function buildFacts(): BuildFacts {
  const commit = git('describe', '--always', '--exclude', '*', '--abbrev=9', '--dirty=+changes');
  const time = Number(process.env['SOURCE_DATE_EPOCH'] ?? git('log', '-1', '--format=%ct') ?? 0);
  return { commit, time };
}

/** `build 1a2b3c4d5, 2026-11-26`; empty where no commit is known. */
export function buildName({ commit, time }: BuildFacts): string {
  return commit === undefined ? '' : `build ${commit}, ${new Date(time * 1000).toISOString().slice(0, 10)}`;
}

function git(...args: string[]): string | undefined {
  try {
    const options: ExecFileSyncOptionsWithStringEncoding = {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    };
    return execFileSync('git', args, options).trim() || undefined;
  } catch {
    return undefined; // no git, or no clone
  }
}
