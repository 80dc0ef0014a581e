/** A directory of its own under the system's temporary directory, and leaving nothing of it behind. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

export interface Scratch {
  readonly path: string;
  /** For children: everything that a program writes by default lies in the scratch directory. */
  readonly environment: Record<string, string>;
}

/** Makes the directory, with a `cryptosync` in its `bin`, which is first on PATH. */
export function makeScratch(name: string): Scratch {
  const path = realpathSync(mkdtempSync(join(tmpdir(), `cryptosync-${name}-`)));
  for (const directory of ['bin', 'home', 'tmp']) mkdirSync(join(path, directory), { mode: 0o700 });
  const command = join(path, 'bin/cryptosync');
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(command, 0o755);
  writeFileSync(join(path, 'home/rclone.conf'), '');
  const { PATH = '/usr/local/bin:/usr/bin:/bin', TERM, NO_COLOR, LANG } = process.env;
  return {
    path,
    environment: {
      PATH: `${path}/bin:${PATH}:/usr/sbin:/sbin`,
      HOME: `${path}/home`,
      TMPDIR: `${path}/tmp`,
      XDG_CONFIG_HOME: `${path}/home/.config`,
      XDG_CACHE_HOME: `${path}/home/.cache`,
      XDG_STATE_HOME: `${path}/home/.local/state`,
      CRYPTOSYNC_LOG: `${path}/cryptosync.log`,
      RCLONE_CONFIG: `${path}/home/rclone.conf`,
      // as root it would lie in /var/cache
      NODE_DISABLE_COMPILE_CACHE: '1',
      ...(TERM === undefined ? {} : { TERM }),
      ...(NO_COLOR === undefined ? {} : { NO_COLOR }),
      ...(LANG === undefined ? {} : { LANG }),
    },
  };
}

/** Ends what still works in the directory, unmounts what is mounted there, and removes it. */
export async function removeScratch(path: string): Promise<void> {
  // an interrupted mount may have a daemon that is about to mount
  for (const pid of processesIn(path)) endProcess(pid);
  for (let wait = 0; wait < 10_000 && processesIn(path).length > 0; wait += 50) await setTimeout(50);
  for (const mountPoint of mountsBelow(path).reverse()) {
    if (!runs('fusermount3', '-u', mountPoint)) runs('fusermount3', '-uz', mountPoint);
  }
  const [left] = mountsBelow(path);
  if (left !== undefined) throw new Error(`${left} could not be unmounted, so ${path} was not removed`);
  // an unmounted mount directory is immutable
  runs('chattr', '-R', '-f', '-i', path);
  rmSync(path, { recursive: true, force: true });
}

/** The processes that name the directory, whose name is like no other, on their command line. */
function processesIn(path: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => commandLineOf(pid).includes(`${path}/`))
    .map(Number);
}

function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // it has ended
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // it has ended
  }
}

function mountsBelow(path: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((mountPoint) => mountPoint.startsWith(`${path}/`));
}

function runs(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
