import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, lstatSync, mkdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstallation, type Installation, vaultPassword } from '../support/installation.ts';
import { ownMounts } from '../support/mount-namespace.ts';
import { toolOnThisMachine } from '../support/recording-tools.ts';
import type { CommandResult } from '../support/running-command.ts';
import { type ReadableProgram, readableProgram } from '../support/stranger.ts';
import { readTree } from '../support/tree.ts';

/** A user of this machine for the time of these tests. */
const user = `cs-test-${process.pid}`;
let installation: Installation;
let program: ReadableProgram;
let home: string;
let uid: number;
/** Holds a mount namespace in which every user may open /dev/fuse; on bare machines only root may. */
let namespace: ReturnType<typeof spawn>;

beforeAll(async () => {
  installation = createInstallation();
  program = readableProgram(installation);
  home = installation.path('home', user);
  execFileSync('useradd', ['--no-create-home', '--home-dir', home, '--shell', '/bin/sh', user]);
  uid = Number(execFileSync('id', ['-u', user], { encoding: 'utf8' }));
  mkdirSync(home, { mode: 0o700 });
  chownSync(home, uid, uid);
  const device = installation.path('fuse');
  const script = `mknod -m 666 ${device} c 10 229; mount --bind ${device} /dev/fuse; echo ready`;
  namespace = spawn('unshare', [...ownMounts(script), 'sleep', '600'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (namespace.stdout !== null) await once(namespace.stdout, 'data');
});

afterAll(async () => {
  namespace.kill('SIGKILL');
  await installation.cleanUp();
  execFileSync('userdel', [user]);
});

/** Nothing, or what is true here where the first process' mounts may be looked at: his mounts are in a namespace. */
const quietEnough = expect.stringMatching(
  /^(warning: mine\/default: it is mounted in a mount namespace of its own[^\n]*\n)?$/,
);

interface Way {
  /** False for the machine as it is, where /dev/fuse may be root's. */
  readonly hasFuse?: boolean;
  readonly asRoot?: boolean;
}

/** Runs a program as the user, with what his login shell would set. */
function run(words: readonly string[], { hasFuse = true, asRoot = false }: Way = {}): Promise<CommandResult> {
  const enter = hasFuse ? [toolOnThisMachine('nsenter'), '-t', String(namespace.pid), '-m'] : [];
  const become = asRoot ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  const environment = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: home,
    USER: user,
    CRYPTOSYNC_PASSWORD: vaultPassword,
    ...(asRoot && { CRYPTOSYNC_LOG: installation.logFile }),
  };
  const [file = '', ...args] = [...enter, ...become, ...words];
  return installation.runProgram(file === 'setpriv' ? toolOnThisMachine(file) : file, args, {
    environment,
    cwd: '/',
  });
}

const cryptosync = (args: readonly string[], way?: Way): Promise<CommandResult> =>
  run([program.node, program.script, ...args, '--root', join(home, 'vaults'), '--json'], way);

async function succeed(...args: string[]) {
  const result = await cryptosync([...args, '--client', 'mine']);
  expect(result, result.stdout + result.stderr).toMatchObject({ exitCode: 0, stderr: quietEnough });
  return result.json;
}

describe('a user who is not root', () => {
  it('is told when he may not use FUSE, and nothing is made', async () => {
    const result = await cryptosync(['install', '--client', 'mine'], { hasFuse: false });
    if ((lstatSync('/dev/fuse').mode & 0o006) === 0o006) {
      expect(result).toMatchObject({ exitCode: 0 });
      return;
    }
    expect(result).toMatchObject({ exitCode: 11, json: { error: { code: 'FUSE_UNAVAILABLE' } } });
    expect(result.json.error.hint).toContain('access to /dev/fuse');
    expect(() => lstatSync(join(home, 'vaults'))).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });

  it('installs a client below his home, with links and log where his own are', async () => {
    const remote = ['--remote-type', 'local', '--remote-path', join(home, 'remote')];
    const made = await succeed('install', ...remote);
    expect(made).toMatchObject({ mountDir: join(home, 'vaults/mine/vault/decrypted'), mounted: false });
    for (const action of ['mount', 'unmount', 'sync']) {
      const link = join(home, '.local/bin', `cryptosync-${action}-mine-default`);
      expect(readlinkSync(link)).toBe(join(home, 'vaults/mine/cryptosync/scripts', `${action}_default.sh`));
    }
    for (const path of [
      'vaults',
      'vaults/mine',
      'vaults/mine/vault/encrypted',
      'vaults/mine/cryptosync/state',
    ])
      expect(lstatSync(join(home, path)).uid).toBe(uid);
    expect(lstatSync(join(home, 'vaults/mine')).mode & 0o777).toBe(0o700);
    const log = readFileSync(join(home, '.local/state/cryptosync/cryptosync.log'), 'utf8');
    expect(log).toContain('mine/default: install ended: installed');
  });

  it('mounts, writes, syncs, sees the state, and unmounts', async () => {
    const mountDir = join(home, 'vaults/mine/vault/decrypted');
    expect((await succeed('mount')).results[0]).toMatchObject({ state: 'mounted', changed: true });
    expect(await run(['sh', '-c', `echo content > ${mountDir}/file`])).toMatchObject({ exitCode: 0 });
    expect((await succeed('sync')).results[0]).toMatchObject({ outcome: 'synced', consistent: true });
    expect((await succeed('status', '--check-remote')).vaults[0]).toMatchObject({
      state: 'mounted',
      health: 'healthy',
      remote: { reachable: true },
      lastSync: { outcome: 'synced', generation: 1 },
    });
    expect((await succeed('unmount')).results[0]).toMatchObject({ state: 'unmounted', changed: true });
    expect(Object.keys(readTree(join(home, 'remote')))).toContain('gocryptfs.conf');
    expect((await succeed('mount')).results[0]).toMatchObject({ state: 'mounted' });
    expect((await run(['cat', `${mountDir}/file`])).stdout).toBe('content\n');
  });

  it('has his tree named as his to root, who does not rely on it', async () => {
    const { json } = await cryptosync(['status', '--client', 'mine'], { asRoot: true });
    expect(json.vaults[0]).toMatchObject({ state: 'unknown', health: 'error' });
    expect(json.vaults[0].notes.join()).toContain(`uid ${uid}`);
  });

  it('does the same by his links', async () => {
    const link = (action: string): string => join(home, '.local/bin', `cryptosync-${action}-mine-default`);
    for (const action of ['unmount', 'mount', 'sync', 'unmount'])
      expect(await run([link(action)]), action).toMatchObject({ exitCode: 0, stderr: quietEnough });
  });
});

it('a user whom the machine does not know can run the command', async () => {
  const { environment } = installation;
  const unknown = {
    uid: 54_321,
    gid: 54_321,
    environment: { PATH: environment['PATH'], HOME: '/nonexistent' },
  };
  const args = [program.script, 'status', '--all', '--root', installation.root, '--json'];
  expect(await installation.runProgram(program.node, args, unknown)).toMatchObject({
    exitCode: 0,
    json: { vaults: [] },
  });
});
