/**
 * Loaded before a run that is to be killed: counts what changes something below a directory, tells each as a line of a
 * file, and kills the process before the one that it is told to. Environment: DIE_BELOW, DIE_TRACE, DIE_AT (from 0).
 * With DIE_BEFORE, a pattern, it is the first call about a path that it matches.
 * A process that works by children of its own program is given DIE_WRAPPER, a program that starts node with this file and
 * DIE_PARENT: they are counted together, and what dies is the parent. With DIE_AFTER nothing counts before that file is there.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { DIE_BELOW: below = '', DIE_TRACE: trace = '', DIE_AT: at, DIE_BEFORE: before } = process.env;
const { DIE_WRAPPER: wrapper, DIE_PARENT: parent, DIE_AFTER: after } = process.env;
const { appendFileSync, existsSync, readFileSync, readlinkSync } = fs;
let count = 0;
if (wrapper !== undefined && parent === undefined) process.execPath = wrapper;

/** An open file or directory is told by where it is. */
function located(path: unknown): string {
  if (typeof path === 'number') return located(`/proc/self/fd/${path}`);
  const [, descriptor, rest = ''] = /^\/proc\/(?:self|\d+)\/fd\/(\d+)(.*)$/s.exec(String(path)) ?? [];
  if (descriptor === undefined) return String(path);
  try {
    return `${readlinkSync(`/proc/self/fd/${descriptor}`)}${rest}`;
  } catch {
    return '';
  }
}

function noted(name: string, path: unknown): void {
  const place = located(path);
  if (!place.startsWith(`${below}/`) || (after !== undefined && !existsSync(after))) return;
  if (wrapper !== undefined) count = readFileSync(trace, 'utf8').split('\n').length - 1;
  const isMatched = before !== undefined && new RegExp(before).test(place.slice(below.length + 1));
  if (String(count) === at || isMatched) {
    if (parent !== undefined) process.kill(process.ppid, 'SIGKILL');
    process.kill(process.pid, 'SIGKILL');
  }
  count += 1;
  appendFileSync(trace, `${JSON.stringify([name, place.slice(below.length + 1)])}\n`);
}

/** Which of its arguments says what is changed. */
const changing = {
  renameSync: 1,
  linkSync: 1,
  symlinkSync: 1,
  unlinkSync: 0,
  rmdirSync: 0,
  rmSync: 0,
  mkdirSync: 0,
  writeSync: 0,
  writeFileSync: 0,
  chmodSync: 0,
  fchmodSync: 0,
  chownSync: 0,
  lchownSync: 0,
  utimesSync: 0,
  lutimesSync: 0,
  futimesSync: 0,
} as const;

for (const [name, argument] of Object.entries(changing)) {
  const functions = fs as unknown as Record<string, (...args: unknown[]) => unknown>;
  const own = functions[name] as (...args: unknown[]) => unknown;
  functions[name] = (...args) => {
    noted(name, args[argument]);
    return own(...args);
  };
}
syncBuiltinESMExports();
