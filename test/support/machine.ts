/** What the machine itself says: its mounts and processes, read from /proc. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Mount points at or below a directory, the latest mount last; one path stands there once for each mount on it. */
export function mountsBelow(directory: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) =>
      (line.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, (_, digits: string) =>
        String.fromCharCode(Number.parseInt(digits, 8)),
      ),
    )
    .filter((path) => path === directory || path.startsWith(`${directory}/`));
}

/**
 * Takes off every mount at or below a directory, the latest first; a busy one is detached. One on which every way waits
 * stays, so that it fails its own test and no more.
 */
export function unmountAllBelow(directory: string): void {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const top = mountsBelow(directory).at(-1);
    if (top === undefined) return;
    const ended: Ended[] = [];
    for (const [file, ...args] of [
      ['fusermount3', '-u', '--', top],
      ['umount', '--', top],
      ['umount', '-l', '--', top],
      ['fusermount3', '-uz', '--', top],
    ] as [string, ...string[]][]) {
      ended.push(endOf(file, args));
      if (ended.at(-1) === 'well') break;
    }
    if (ended.every((end) => end === 'never')) return;
  }
}

type Ended = 'well' | 'badly' | 'never';

/**
 * How a program ends that may wait for ever for a file system whose daemon is gone. Then not even SIGKILL ends it, and who
 * waits for it waits as long: so somebody in between does, who can be killed.
 */
function endOf(file: string, args: readonly string[]): Ended {
  const { status } = spawnSync('timeout', ['--signal=KILL', '5', file, ...args], {
    stdio: 'ignore',
    timeout: 6000,
    killSignal: 'SIGKILL',
  });
  // 137 is what it says when it had to kill, null when it was killed itself
  return status === 0 ? 'well' : status === null || status === 137 ? 'never' : 'badly';
}

export interface MachineProcess {
  readonly pid: number;
  readonly args: readonly string[];
}

/** The living processes, apart from this one, whose command line names a directory or something below it. */
export function processesNaming(directory: string): MachineProcess[] {
  const found: MachineProcess[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
      const names = args.some((word) => word.includes(`${directory}/`) || word.endsWith(directory));
      // one that has ended but was not waited for has no command line, so it is not here
      if (names) found.push({ pid, args });
    } catch {
      // it has ended
    }
  }
  return found;
}

export async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Asks again and again until the answer is yes. @returns whether it came within the time, in milliseconds. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  deadline: number,
): Promise<boolean> {
  const until = Date.now() + deadline;
  while (!(await condition())) {
    if (Date.now() >= until) return false;
    await pause(20);
  }
  return true;
}

/** Takes a mount off that a process which is just ending may still hold. */
export async function takeOff(mountPoint: string): Promise<void> {
  const umount = (): string => {
    const { stderr, error } = spawnSync('umount', [mountPoint], { encoding: 'utf8', timeout: 5000 });
    return error === undefined ? stderr : String(error);
  };
  let said = '';
  const isOff = await waitUntil(() => {
    said = umount();
    return said === '';
  }, 10_000);
  if (!isOff) throw new Error(said);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The processes that a process has started and that have not ended. */
export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((other) => Number.isInteger(other) && parentOf(other) === pid);
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // the name before it may hold anything
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : Number(parent);
  } catch {
    return undefined;
  }
}
