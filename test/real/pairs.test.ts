/**
 * All pairs of commands that change something: one finds a lock taken and waits, another acts in between, the first
 * goes on. Whatever the two are, no change that was confirmed is lost, nothing is purged that a profile uses, and the
 * exit code of each says what happened to it.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configLock, profileLayout, rcloneLock, vaultLock } from '../../src/clients/layout.ts';
import { parseClientId, parseProfileName } from '../../src/clients/names.ts';
import { generateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import { cloneClient, remoteOfClient } from '../support/clones.ts';
import { holdLock, startUntilRefused } from '../support/held-lock.ts';
import { createInstallation, type Installation } from '../support/installation.ts';
import { unmountAllBelow } from '../support/machine.ts';
import type { CommandResult } from '../support/running-command.ts';
import { installVault } from '../support/vault.ts';

type LockName = 'vault' | 'rclone' | 'config';

interface Scene {
  readonly client: string;
  readonly remote: string;
}

interface Command {
  readonly args: (scene: Scene) => readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

const of =
  (...args: string[]): Command['args'] =>
  ({ client }) => [...args, '--client', client, '--json'];
const at =
  (directory: string, ...args: string[]): Command['args'] =>
  ({ client, remote }) => [...args, ...of()({ client, remote }), '--remote-path', `${remote}${directory}`];

const manifest = JSON.parse(readFileSync(new URL('../../oclif.manifest.json', import.meta.url), 'utf8')) as {
  readonly commands: Readonly<Record<string, unknown>>;
};
const key = generateEncryptionKey();
const second = ['install', '--profile', 'second', '--share-vault', 'default', '--no-links'];
const toSecond = [...second, '--remote-type', 'local', '--remote-name', 'r2'];

/** Every command that changes something. */
const commands = {
  mount: { args: of('mount') },
  unmount: { args: of('unmount') },
  passwd: { args: of('passwd'), env: { CRYPTOSYNC_NEW_PASSWORD: 'another-password-9' } },
  sync: { args: of('sync') },
  'dry run': { args: of('sync', '--dry-run') },
  download: { args: of('sync', '--direction', 'download', '--force') },
  rekey: { args: of('sync', '--rekey'), env: { CRYPTOSYNC_NEW_ENCRYPTION_KEY: key } },
  'install again': { args: of('install', '--no-links') },
  'install --force': { args: at('-forced', 'install', '--force', '--remote-type', 'local', '--no-links') },
  'install --share-vault': { args: at('-second', ...toSecond) },
  uninstall: { args: of('uninstall') },
  'uninstall --purge-vault': {
    args: (scene) => [...of('uninstall', '--purge-vault')(scene), '--yes-delete', scene.client],
  },
  'uninstall --purge-remote-config': {
    args: (scene) => [...of('uninstall', '--purge-remote-config')(scene), '--yes-delete', scene.client],
  },
  restore: { args: of('restore') },
  export: {
    args: (scene) => [...of('export', '--output', `${scene.remote}.age`)(scene)],
    env: { CRYPTOSYNC_PASSPHRASE: 'five words, none of them wrong' },
  },
  'recovery-sheet': { args: of('recovery-sheet') },
  relocate: { args: of('relocate', '--no-links') },
  'config set': { args: of('config', 'set', 'idle', '45m') },
  'config unset': { args: of('config', 'unset', 'bwlimit') },
  'rclone-config': {
    args: (scene) => [...of('rclone-config')(scene), '--', 'create', 'other', 'local'],
  },
  'doctor --fix': { args: of('doctor', '--fix', '--no-check-remote') },
} satisfies Record<string, Command>;

type Name = keyof typeof commands;

/** What acts in between besides them: changes that the waiting one must see. */
const changes = {
  'config set keepDeleted': { args: of('config', 'set', 'keepDeleted', '400d') },
  'config set crypt': { args: of('config', 'set', 'crypt', '{"filenameEncryption":"standard"}') },
  'config set remote.path': {
    args: ({ client, remote }) => [
      ...of('config', 'set', 'remote.path')({ client, remote }),
      `${remote}-moved`,
    ],
  },
} satisfies Record<string, Command>;

/** The locks that a waiting command may find taken; those of one that waits for nothing are left out. */
const waiting: readonly (readonly [Name, LockName])[] = [
  ['mount', 'vault'],
  ['unmount', 'vault'],
  ['passwd', 'vault'],
  ['sync', 'rclone'],
  ['dry run', 'rclone'],
  ['download', 'rclone'],
  ['rekey', 'rclone'],
  ['install again', 'config'],
  ['install --force', 'rclone'],
  ['install --share-vault', 'rclone'],
  ['uninstall', 'config'],
  ['uninstall --purge-vault', 'vault'],
  ['uninstall --purge-vault', 'config'],
  ['uninstall --purge-remote-config', 'vault'],
  ['uninstall --purge-remote-config', 'rclone'],
  ['restore', 'vault'],
  ['export', 'config'],
  ['recovery-sheet', 'vault'],
  ['relocate', 'config'],
  ['config set', 'config'],
  ['config unset', 'config'],
  ['rclone-config', 'rclone'],
];

/** What acts in between: one of each kind of change that another command could be blind to. */
const {
  'config set': configSet,
  mount,
  passwd,
  sync,
  download,
  rekey,
  uninstall,
  'install --force': installForce,
  'install --share-vault': installShared,
  'uninstall --purge-vault': purge,
} = commands;
const between: Readonly<Record<string, Command>> = {
  ...changes,
  'config set': configSet,
  mount,
  passwd,
  sync,
  download,
  rekey,
  uninstall,
  'install --force': installForce,
  'install --share-vault': installShared,
  'uninstall --purge-vault': purge,
};

interface Ended {
  readonly waiter: string;
  readonly actor: string;
  readonly scene: Scene;
  /** `ok`, or the code that it failed with. */
  readonly actorCode: string;
  readonly waiterCode: string;
  /** The vault's configuration file after the actor, which only a waiting passwd may change. */
  readonly configBetween: string | undefined;
}

let installation: Installation;

beforeAll(async () => {
  installation = createInstallation();
  mkdirSync(installation.path('remotes'));
  const vault = await installVault(installation, 'template');
  await vault.put({ 'a.txt': 'precious' });
  await vault.succeed('sync');
  const { exitCode } = await installation.cryptosync([
    'config',
    'set',
    'bwlimit',
    '90M',
    '--client',
    'template',
  ]);
  expect(exitCode).toBe(0);
});

afterAll(() => installation.cleanUp());

function codeOf(result: CommandResult): string {
  if (result.exitCode === 0) return 'ok';
  const { error, results = [] } = result.json;
  return error?.code ?? results.find((one: { error?: unknown }) => one.error !== undefined)?.error.code;
}

function lockFile(name: LockName, client: string): string {
  const layout = profileLayout(installation.root, parseClientId(client), parseProfileName('default'));
  if (name === 'vault') return vaultLock(layout, layout.defaultEncryptedDir);
  return name === 'config' ? configLock(layout) : rcloneLock(layout);
}

const readIf = (path: string): string | undefined =>
  existsSync(path) ? readFileSync(path, 'utf8') : undefined;

const engineConfig = ({ client }: Scene): string =>
  installation.client(client, 'vault', 'encrypted', 'gocryptfs.conf');

/** Before what goes on to another program. */
function withWait(args: readonly string[]): string[] {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  return [...args.slice(0, end), '--wait', '1m', ...args.slice(end)];
}

async function play(waiter: Name, lock: LockName, actor: string, client: string): Promise<Ended> {
  cloneClient(installation, 'template', client);
  const scene: Scene = { client, remote: remoteOfClient(installation, client) };
  const held = await holdLock(lockFile(lock, client), installation.environment);
  const first: Command = commands[waiter];
  const then = between[actor] as Command;
  const running = await startUntilRefused(installation, client, withWait(first.args(scene)), first.env);
  const acted = await installation.cryptosync(then.args(scene), { env: then.env ?? {} });
  const configBetween = readIf(engineConfig(scene));
  await held.release();
  const waited = await running.finished;
  unmountAllBelow(installation.client(client));
  return {
    waiter,
    actor,
    scene,
    actorCode: codeOf(acted),
    waiterCode: codeOf(waited),
    configBetween,
  };
}

/** How the waiting command ends when it does not end well, by what acted in between: `waiter < actor`. */
const refusals: Readonly<Record<string, string>> = {
  // encrypted once more from now on, and there is no key: nothing goes out in the clear
  'sync < config set crypt': 'KEY_REQUIRED',
  'dry run < config set crypt': 'KEY_REQUIRED',
  'download < config set crypt': 'KEY_REQUIRED',
  // nothing is there yet
  'download < config set remote.path': 'REMOTE_EMPTY',
  // a clone has no record of its place, and goes on only from a source that is what the place says
  'sync < passwd': 'REMOTE_AHEAD',
  'dry run < passwd': 'REMOTE_AHEAD',
  'download < mount': 'VAULT_MOUNTED',
  'restore < config set crypt': 'KEY_REQUIRED',
  'restore < config set remote.path': 'REMOTE_EMPTY',
  'restore < install --force': 'REMOTE_EMPTY',
  'rekey < config set remote.path': 'PLAN_CHANGED',
  'rekey < config set crypt': 'PLAN_CHANGED',
  'install --force < uninstall': 'PLAN_CHANGED',
  'install --force < uninstall --purge-vault': 'PLAN_CHANGED',
  // the vault is another profile's as well
  'uninstall --purge-vault < install --share-vault': 'CONFIG_INVALID',
};

function expectedCode({ waiter, actor }: Ended): string {
  const isGone = actor.startsWith('uninstall');
  return (
    refusals[`${waiter} < ${actor}`] ?? (isGone && waiter !== 'rclone-config' ? 'CLIENT_NOT_FOUND' : 'ok')
  );
}

/** What a profile file must say for a command that said that it was done. */
const confirmed: Readonly<Record<string, (scene: Scene) => object>> = {
  'config set': () => ({ idle: '45m' }),
  'config set keepDeleted': () => ({ keepDeleted: '400d' }),
  'config set crypt': () => ({ crypt: { filenameEncryption: 'standard' } }),
  'config set remote.path': ({ remote }) => ({ remote: { path: `${remote}-moved` } }),
  'install --force': ({ remote }) => ({ remote: { path: `${remote}-forced` } }),
};

function expectNothingLost(one: Ended): void {
  const { scene, waiter, actor, actorCode, waiterCode } = one;
  const directory = installation.client(scene.client, 'cryptosync');
  const profiles = existsSync(`${directory}/config`)
    ? readdirSync(`${directory}/config`).filter((name) => name.endsWith('.json'))
    : [];
  for (const name of profiles) {
    const { encryptedDir, remote } = JSON.parse(readFileSync(`${directory}/config/${name}`, 'utf8'));
    expect([name, existsSync(`${encryptedDir}/gocryptfs.conf`)]).toEqual([name, true]);
    const conf = readIf(installation.client(scene.client, 'rclone', 'rclone.conf'));
    expect([name, conf]).toEqual([name, expect.stringContaining(`[${remote.name}]`)]);
  }
  const scripts = existsSync(`${directory}/scripts`) ? readdirSync(`${directory}/scripts`) : [];
  const owners = new Set(scripts.map((name) => name.replace(/^[a-z]+_(.*)\.sh$/, '$1.json')));
  expect([...owners].sort()).toEqual([...profiles].sort());
  const done = [...(actorCode === 'ok' ? [actor] : []), ...(waiterCode === 'ok' ? [waiter] : [])];
  const text = readIf(`${directory}/config/default.json`);
  if (text !== undefined) {
    // of two that set the same the later one holds
    const wanted = Object.assign({}, ...done.map((name) => confirmed[name]?.(scene) ?? {}));
    expect(JSON.parse(text)).toMatchObject(wanted);
    if (done.includes('config unset')) expect(JSON.parse(text).bwlimit).toBeUndefined();
  }
  expect(text === undefined).toBe(done.some((name) => name.startsWith('uninstall')));
  if (done.includes('install --share-vault')) expect(profiles).toContain('second.json');
  if (!['passwd', 'uninstall --purge-vault', 'download'].includes(waiter))
    expect(readIf(engineConfig(scene))).toBe(one.configBetween);
}

/** The locks that an actor takes: while another holds one of them, it does not get to act. */
const needs: Readonly<Record<string, readonly LockName[]>> = {
  mount: ['vault'],
  passwd: ['vault'],
  sync: ['vault', 'rclone'],
  download: ['vault', 'rclone'],
  rekey: ['vault', 'rclone', 'config'],
  'install --force': ['rclone', 'config'],
  'install --share-vault': ['rclone', 'config'],
  uninstall: ['vault', 'config'],
  'uninstall --purge-vault': ['vault', 'config'],
};

function actorsWhile(lock: LockName): string[] {
  return Object.keys(between).filter((name) => !(needs[name] ?? ['config']).includes(lock));
}

describe.each(waiting)('while %s waits for the lock of %s', (waiter, lock) => {
  it('whatever acts in between is seen, and nothing of it is lost', async () => {
    const queue = actorsWhile(lock).map((actor, index) => ({
      actor,
      client: `${waiter}-${lock}-${index}`.replace(/[^a-z0-9-]+/g, '-'),
    }));
    const ended: Ended[] = [];
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift())
        ended.push(await play(waiter, lock, next.actor, next.client));
    };
    await Promise.all([work(), work(), work(), work()]);
    for (const one of ended) {
      const told = `${waiter} < ${one.actor}`;
      expect([told, one.actorCode, one.waiterCode]).toEqual([told, 'ok', expectedCode(one)]);
      expectNothingLost(one);
    }
  });
});

/** Commands without a row above, and why. */
const others: Readonly<Record<string, string>> = {
  status: 'changes nothing',
  generations: 'changes nothing',
  history: 'changes nothing',
  report: 'changes nothing but the page that it is told to write',
  'config:get': 'changes nothing',
  'config:list': 'changes nothing',
  'config:path': 'changes nothing',
  'key:generate': 'changes nothing',
  completions: 'changes nothing',
  'completions:install': 'writes one file of the shell, whole, which nothing else of ours writes',
  verify: 'changes nothing here; what --repair sends again is what the list there already tells of',
  'schedule:add': 'waits as config set does; what it writes no other command but uninstall touches',
  'schedule:list': 'changes nothing',
  'schedule:remove': 'waits as schedule add does',
  'schedule:render': 'changes nothing',
  serve: 'has no client of its own; a tenant has one process, which sessions.test.ts plays',
  help: 'changes nothing',
  'workload:list': 'changes nothing',
  'workload:show': 'changes nothing',
  'workload:check': 'changes nothing',
  'workload:set': 'is no client’s; workload-commands.test.ts plays two at once',
  'workload:unset': 'decides and locks as workload set does',
  'workload:remove': 'decides and locks as workload set does',
  'session:claim': 'asks a server',
  'session:list': 'asks a server',
  'session:release': 'asks a server',
  'session:status': 'asks a server',
  'session:sync': 'asks a server',
  config: 'decides and locks as config set does, around an editor',
  import: 'brings in a client that is not there yet: moving.test.ts plays two at once',
};

it('every command that changes something waits in one of the scenes', () => {
  const known = Object.keys(manifest.commands);
  const named = Object.values(commands).map(({ args }) => {
    const [first, second] = args({ client: 'a', remote: 'b' });
    return known.find((id) => id === `${first}:${second}`) ?? first;
  });
  const missing = known.filter((id) => !named.includes(id));
  expect(missing.sort()).toEqual(Object.keys(others).sort());
  const waits = new Set<string>(waiting.map(([name]) => name));
  // doctor gives up at once what another is at work on
  expect(Object.keys(commands).filter((name) => !waits.has(name))).toEqual(['doctor --fix']);
});
