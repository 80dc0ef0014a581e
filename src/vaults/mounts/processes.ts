/** Who holds a mount, and which daemons serve a vault, read from /proc (proc(5)). */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pause } from '../../system/clock.ts';
import { isWithin } from '../../system/names.ts';

export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot: with the pid it names one process for good, even when the pid is used again. */
  readonly startTime: string;
  readonly command: string;
}

/** A process that keeps a mount busy. */
export interface Holder {
  readonly pid: number;
  readonly command: string;
  /** What it holds, such as its working directory or an open file. */
  readonly path: string;
}

function processIds(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Any of them may have ended in the meantime, or belong to someone else: then there is nothing to read. */
function attempt<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function argumentsOf(pid: number): string[] {
  const text = attempt(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '';
  return text.split('\0').filter((word) => word !== '');
}

/** A process, and the words that it was started with. */
export interface Started {
  readonly pid: number;
  readonly words: readonly string[];
}

function started(pid: number): Started {
  return { pid, words: argumentsOf(pid) };
}

/** All processes, as they are now: a look that costs some milliseconds. */
export function startedProcesses(): Started[] {
  return processIds().map(started);
}

/** The state letter and the start time; the command name before them may hold spaces and parentheses. */
function statOf(pid: number): { state: string; startTime: string } | undefined {
  const text = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', startTime: fields[19] ?? '' };
}

/** At most this much of a command line is told: enough to know it again. */
const shownCommand = 120;

/** The processes whose files, directories or mappings lie in the mount; other users' only as root. */
export function findHolders(mountDir: string): Holder[] {
  const inside = (path: string | undefined): path is string => path !== undefined && isWithin(path, mountDir);
  const holders: Holder[] = [];
  for (const pid of processIds()) {
    if (pid === process.pid) continue;
    const links = ['cwd', 'root', 'exe'].map((name) => attempt(() => readlinkSync(`/proc/${pid}/${name}`)));
    const descriptors = attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
    for (const descriptor of descriptors)
      links.push(attempt(() => readlinkSync(`/proc/${pid}/fd/${descriptor}`)));
    const held = links.find(inside) ?? mappedFile(pid, inside);
    if (held !== undefined) {
      holders.push({ pid, command: argumentsOf(pid).join(' ').slice(0, shownCommand), path: held });
    }
  }
  return holders;
}

function mappedFile(pid: number, inside: (path: string) => boolean): string | undefined {
  const maps = attempt(() => readFileSync(`/proc/${pid}/maps`, 'utf8')) ?? '';
  for (const line of maps.split('\n')) {
    const path = line.slice(line.indexOf('/'));
    if (line.includes('/') && inside(path)) return path;
  }
  return undefined;
}

/**
 * The daemons of `program` that were started for an encrypted directory: they name it on their command line. A
 * lazily unmounted one is still found here, although the mount table no longer has it (hazards.md G4, C5).
 */
export function findDaemons(
  program: string,
  encryptedDir: string,
  among: readonly Started[] = startedProcesses(),
): ProcessIdentity[] {
  const daemons: ProcessIdentity[] = [];
  for (const { pid, words: startedWith } of among) {
    const [name = '', ...words] = startedWith;
    if (basename(name) !== program) continue;
    const workingDirectory = attempt(() => readlinkSync(`/proc/${pid}/cwd`)) ?? '/';
    if (!words.some((word) => !word.startsWith('-') && resolve(workingDirectory, word) === encryptedDir))
      continue;
    const startTime = statOf(pid)?.startTime;
    if (startTime !== undefined) daemons.push({ pid, startTime, command: [name, ...words].join(' ') });
  }
  return daemons;
}

/**
 * The processes that see another mount table than this one (mount_namespaces(7)): a unit with a namespace of its own, a
 * container. Other users' only as root.
 */
export function processesElsewhere(): Started[] {
  return processIds().filter(isElsewhere()).map(started);
}

/** Those of `among` that may be daemons of `program`, and see another mount table. */
export function daemonsElsewhereIn(among: readonly Started[], program: string): Started[] {
  const isThere = isElsewhere();
  return among.filter(({ pid, words: [name = ''] }) => basename(name) === program && isThere(pid));
}

function isElsewhere(): (pid: number) => boolean {
  const own = namespaceOf(process.pid);
  return (pid) => {
    const theirs = namespaceOf(pid);
    return theirs !== undefined && theirs !== own;
  };
}

function namespaceOf(pid: number): string | undefined {
  return attempt(() => readlinkSync(`/proc/${pid}/ns/mnt`));
}

/**
 * Daemons of a vault whose mount is in another mount namespace, so that no table of ours lists it. A container may have
 * another directory under the same path: only one that is the same directory counts.
 * @param among from `processesElsewhere` or `daemonsElsewhereIn`
 */
export function findDaemonsElsewhere(
  program: string,
  encryptedDir: string,
  among: readonly Started[] = processesElsewhere(),
): ProcessIdentity[] {
  if (among.length === 0) return [];
  const identityOf = (path: string): string | undefined =>
    attempt(() => {
      const { dev, ino } = statSync(path);
      return `${dev}:${ino}`;
    });
  return findDaemons(program, encryptedDir, among).filter(
    ({ pid }) => identityOf(`/proc/${pid}/root${encryptedDir}`) === identityOf(encryptedDir),
  );
}

/** True while that very process exists; one that has ended but was not waited for counts as gone. */
export function isAlive({ pid, startTime }: ProcessIdentity): boolean {
  const now = statOf(pid);
  return now !== undefined && now.startTime === startTime && now.state !== 'Z' && now.state !== 'X';
}

/** Waits until the processes are gone. @returns those still alive after `deadline` milliseconds. */
export async function waitForExit(
  processes: readonly ProcessIdentity[],
  deadline: number,
): Promise<ProcessIdentity[]> {
  const until = Date.now() + deadline;
  let alive = processes.filter(isAlive);
  // most end within some milliseconds, for which an unmount waits: a look costs a fraction of one
  for (let wait = 1; alive.length > 0 && Date.now() < until; wait = Math.min(wait * 1.25, 100)) {
    await pause(wait);
    alive = alive.filter(isAlive);
  }
  return alive;
}
