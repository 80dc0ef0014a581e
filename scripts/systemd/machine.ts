/** A whole Debian with its own systemd, in a directory: made by debootstrap, booted by systemd-nspawn. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const packages = [
  ...['systemd', 'systemd-sysv', 'dbus', 'libpam-systemd'],
  ...['fuse3', 'gocryptfs', 'rclone', 'e2fsprogs'],
];

/** Where this project is in the machine: not below /tmp, which a unit may have for itself. */
const project = '/opt/cryptosync';
const own = fileURLToPath(new URL('../../', import.meta.url));

/** The words that call the command in the machine. */
export const cryptosync = `${project}/node_modules/node/bin/node ${project}/bin/run.js`;

/** Milliseconds. */
const bootTime = 60_000;
/** Also of apt, on a machine with much else to do. */
const commandTime = 600_000;

export class Machine {
  readonly tree: string;
  readonly #model: string | undefined;
  readonly #name = `cryptosync-trial-${process.pid}`;
  #booted: ChildProcess | undefined;

  /** @param model a directory in which a Debian is kept that this machine becomes a copy of; made when it is not there */
  constructor(tree: string, model?: string) {
    this.tree = tree;
    this.#model = model;
  }

  make(): void {
    const model = this.#model ?? this.tree;
    if (!existsSync(model))
      run('debootstrap', '--variant=minbase', `--include=${packages.join(',')}`, 'bookworm', model);
    if (model !== this.tree) run('cp', '-a', '--reflink=auto', model, this.tree);
    // the device of this machine may be root's alone, and its mode is not ours to change
    run('mknod', '-m', '666', this.#fuse, 'c', '10', '229');
  }

  get #fuse(): string {
    return `${this.tree}.fuse`;
  }

  async boot(): Promise<void> {
    const console = openSync(`${this.tree}.console`, 'a');
    this.#booted = spawn(
      'systemd-nspawn',
      [
        ...[
          '--quiet',
          '--directory',
          this.tree,
          '--machine',
          this.#name,
          '--boot',
          '--register=no',
          '--keep-unit',
        ],
        ...['--console=pipe', `--bind=${this.#fuse}:/dev/fuse`, `--bind-ro=${own}:${project}`],
      ],
      { stdio: ['ignore', console, console], detached: true },
    );
    let failure: Error | undefined;
    this.#booted.once('error', (error) => {
      failure = error;
    });
    const until = Date.now() + bootTime;
    while (Date.now() < until) {
      if (/^(?:running|degraded)$/m.test(this.run('systemctl is-system-running').output)) return;
      if (failure !== undefined) throw failure;
      await pause(500);
    }
    throw new Error(`it did not boot: ${readFileSync(`${this.tree}.console`, 'utf8').slice(-2000)}`);
  }

  /** Shuts it down as its own init does. */
  async shutDown(): Promise<void> {
    const booted = this.#booted;
    if (booted?.pid === undefined || booted.exitCode !== null || booted.signalCode !== null) return;
    const ended = once(booted, 'exit');
    booted.kill('SIGTERM');
    const hard = setTimeout(() => this.end(), bootTime);
    await ended;
    clearTimeout(hard);
  }

  /** Ends it at once: without its first process, which systemd-nspawn leaves behind when it is killed, nothing of it is left. */
  end(): void {
    const init = this.#init();
    if (init !== undefined) process.kill(Number(init), 'SIGKILL');
    this.#booted?.kill('SIGKILL');
  }

  /** Runs a script of the shell as root in the machine, with nothing but PATH and HOME. */
  run(script: string, input?: string): { readonly exitCode: number | null; readonly output: string } {
    const init = this.#init();
    if (init === undefined) return { exitCode: null, output: '' };
    const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    const { status, stdout, stderr } = spawnSync(
      'nsenter',
      ['-t', init, '-a', 'env', '-i', `PATH=${path}`, 'HOME=/root', 'sh', '-c', script],
      { encoding: 'utf8', input, timeout: commandTime },
    );
    return { exitCode: status, output: `${stdout}${stderr}` };
  }

  /** The first process of the machine, as this one numbers it. */
  #init(): string | undefined {
    const pid = this.#booted?.pid;
    try {
      return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0] || undefined;
    } catch {
      return undefined;
    }
  }

  write(path: string, text: string, mode = 0o644): void {
    writeFileSync(`${this.tree}${path}`, text, { mode });
  }

  /** Takes everything away but the model. */
  async cleanUp(): Promise<void> {
    await this.shutDown();
    // what systemd-nspawn leaves of a machine that it did not register
    rmSync(`/run/systemd/nspawn/propagate/${this.#name}`, { recursive: true, force: true });
    spawnSync('chattr', ['-R', '-f', '-i', `${this.tree}/opt/agency_stack`]);
    spawnSync('chattr', ['-R', '-f', '-i', `${this.tree}/home`]);
    for (const path of [`${this.tree}.console`, this.#fuse, this.tree])
      rmSync(path, { recursive: true, force: true });
  }
}

function run(program: string, ...args: string[]): void {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} failed: ${stdout}${stderr}`);
}
