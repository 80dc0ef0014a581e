/** A Debian 12 with nothing in it but what every Debian has, in which programs are run: no node, no systemd, no service. */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

export interface BareDebian {
  readonly directory: string;
  /** Runs a script of sh in it, which ends at the first command that fails. @throws with what it printed */
  run(script: string): string;
  /** Puts a file below its `/root`. @returns its path in there */
  take(file: string): string;
  cleanUp(): void;
}

/** Takes a minute or two, and this machine's sources of packages. Needs root. */
export function makeBareDebian(): BareDebian {
  const directory = mkdtempSync(join(tmpdir(), 'cryptosync-debian-'));
  const cleanUp = (): void => {
    // a mount directory is immutable while nothing is mounted there
    spawnSync('chattr', ['-R', '-f', '-i', `${directory}/opt`]);
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    execFileSync('debootstrap', ['--variant=minbase', 'bookworm', directory, mirror()], { stdio: 'pipe' });
    // how this machine reaches its packages
    rmSync(`${directory}/etc/apt/sources.list`);
    for (const name of ['sources.list', 'sources.list.d', 'apt.conf.d', 'trusted.gpg.d'])
      if (existsSync(`/etc/apt/${name}`))
        cpSync(`/etc/apt/${name}`, `${directory}/etc/apt/${name}`, { recursive: true, dereference: true });
    for (const keys of globSync('/usr/share/keyrings/*')) copyFileSync(keys, join(directory, keys));
    execFileSync('mknod', ['-m', '666', `${directory}/dev/fuse`, 'c', '10', '229']);
  } catch (error) {
    cleanUp();
    throw error;
  }
  return {
    directory,
    run: (script) => runIn(directory, script),
    take(file) {
      copyFileSync(file, join(directory, 'root', basename(file)));
      return `/root/${basename(file)}`;
    },
    cleanUp,
  };
}

/** Mounts and processes of the script end with it: they are in namespaces of its own. */
function runIn(directory: string, script: string): string {
  const inside =
    'mount -t proc proc "$0/proc" && exec chroot "$0" /usr/bin/env -i HOME=/root PATH="$1" LC_ALL=C.UTF-8 sh -ec "$2"';
  const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const args = ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', inside, directory, path, script];
  const { status, stdout, stderr } = spawnSync('unshare', args, {
    encoding: 'utf8',
    input: '',
    timeout: 600_000,
    maxBuffer: 64 * 2 ** 20,
  });
  if (status === 0) return stdout;
  throw new Error(`${script}\nended with ${status}:\n${stdout}\n${stderr}`);
}

/** Where this machine has its packages from. */
function mirror(): string {
  const lists = [...globSync('/etc/apt/sources.list.d/*.{sources,list}'), '/etc/apt/sources.list'];
  for (const file of lists.filter(existsSync)) {
    const found = /^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(\S+)/m.exec(readFileSync(file, 'utf8'))?.[1];
    if (found !== undefined) return found;
  }
  throw new Error('no source of packages is known in /etc/apt');
}
