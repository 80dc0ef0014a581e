/**
 * What a status of a fleet kept is told again only while it is the truth: for whatever can change below a root, the
 * status that may tell what was kept is, to the byte, the one that looks at everything.
 */

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  checkFiles,
  keptStatusFile,
  type ProfileLayout,
  recordFile,
  sessionJournal,
  vaultLock,
} from '../../src/clients/layout.ts';
import type { Context } from '../../src/operations/context.ts';
import { openKeptFleet } from '../../src/operations/status/kept/kept-fleet.ts';
import { readMountTable } from '../../src/system/stores/mount-table.ts';
import { findDaemons } from '../../src/vaults/mounts/processes.ts';
import { contextFor } from '../support/context.ts';
import { layoutOf, ledgerLine, toldOf, writeClient } from '../support/fleet.ts';
import { holdLock } from '../support/held-lock.ts';
import { createInstallation, type Installation, vaultPassword } from '../support/installation.ts';
import { unmountAllBelow } from '../support/machine.ts';
import { ownMounts } from '../support/mount-namespace.ts';
import { misplaced, takeAway } from '../support/nonsense.ts';
import { toolOnThisMachine } from '../support/recording-tools.ts';
import { mountStore } from '../support/store.ts';
import { nobody } from '../support/stranger.ts';

let installation: Installation;
/** Milliseconds that the clock of the context is ahead, so that nobody waits until what was written is old enough. */
let ahead = 0;
let context: Context;

/** More than have to be there to be kept, beside those that the tests change. */
const others = 60;

beforeAll(() => {
  installation = createInstallation();
  mkdirSync(installation.root, { mode: 0o700 });
  context = {
    ...contextFor(installation.root, { ...installation.environment }),
    clock: { now: () => new Date(Date.now() + ahead) },
  };
  for (let number = 0; number < others; number += 1) writeClient(installation.root, `other${number}`);
});

afterAll(() => installation.cleanUp());

const later = 60_000;

/** A status that looks at all, and keeps what may be kept. */
async function keepAll(): Promise<void> {
  rmSync(keptStatusFile(installation.root), { force: true });
  ahead += later;
  await toldOf(context, true);
  expect(existsSync(keptStatusFile(installation.root))).toBe(true);
}

function isToldAgain(client: string): boolean {
  return openKeptFleet(context, readMountTable())?.rows.has(client) === true;
}

async function expectTruth(): Promise<void> {
  ahead += later;
  const whole = await toldOf(context, false);
  expect(await toldOf(context, true)).toBe(whole);
}

interface Subject {
  readonly client: string;
  readonly layout: ProfileLayout;
  readonly root: string;
  /** The file with what the last check of its place found. */
  readonly check: string;
}

let count = 0;

/** A client of its own for a test, kept. */
async function keptClient(): Promise<Subject> {
  count += 1;
  const client = `client${count}`;
  const { root } = installation;
  writeClient(root, client);
  const layout = layoutOf(root, client);
  const { last } = checkFiles(recordFile(layout, `s3:bucket/${client}`));
  writeFileSync(last, checkOf('verified'), { mode: 0o600 });
  // times that can be set again
  for (const path of [layout.profileFile, layout.rcloneConfig, layout.ledger, config(layout), last])
    utimesSync(path, 1e9, 1e9);
  onTestFinished(() => {
    unmountAllBelow(layout.directory);
    rmSync(layout.directory, { recursive: true, force: true });
  });
  await keepAll();
  expect([client, isToldAgain(client)]).toEqual([client, true]);
  return { client, layout, root, check: last };
}

function checkOf(outcome: string): string {
  return JSON.stringify({
    ...{ at: '2026-01-30T03:00:00Z', outcome, how: 'list', remote: 's3:bucket', generation: 3, damaged: 0 },
  });
}

/** Writes over a part of a file, which keeps its inode, its length and the time of its modification. */
function overwrite(path: string, from: string, to: string): void {
  expect(from.length).toBe(to.length);
  const { atime, mtime, mtimeMs } = statSync(path);
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to), { flag: 'r+' });
  utimesSync(path, atime, mtime);
  expect(statSync(path).mtimeMs).toBe(mtimeMs);
}

/** Puts another file in the place of one, as an editor does, with its time. */
function replace(path: string, text: string): void {
  const { atime, mtime } = statSync(path);
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  utimesSync(`${path}.new`, atime, mtime);
  renameSync(`${path}.new`, path);
}

const config = ({ defaultEncryptedDir }: ProfileLayout): string =>
  join(defaultEncryptedDir, 'gocryptfs.conf');
const mountTmpfs = (path: string): Buffer =>
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path]);
const moveAway = (path: string): void => renameSync(path, `${path}-away`);
const linkAway = (path: string): void => {
  moveAway(path);
  symlinkSync(`${path}-away`, path);
};

/** The directories whose owner or mode decide whether what is below them is believed, and others. */
const directories: Readonly<Record<string, (layout: ProfileLayout) => string>> = {
  'the client’s directory': ({ directory }) => directory,
  'cryptosync/': ({ toolDirectory }) => toolDirectory,
  'config/': ({ configDirectory }) => configDirectory,
  'state/': ({ stateDirectory }) => stateDirectory,
  'rclone/': ({ rcloneDirectory }) => rcloneDirectory,
  'vault/': ({ vaultDirectory }) => vaultDirectory,
  'the encrypted directory': ({ defaultEncryptedDir }) => defaultEncryptedDir,
};

const files: Readonly<Record<string, (subject: Subject) => string>> = {
  'the profile': ({ layout }) => layout.profileFile,
  'rclone.conf': ({ layout }) => layout.rcloneConfig,
  'the ledger': ({ layout }) => layout.ledger,
  'the last check': ({ check }) => check,
  'the vault’s configuration': ({ layout }) => config(layout),
};

type Change = (subject: Subject) => void | Promise<void>;

/** What happens to any file, and to any directory. */
function* changesOfEach(): Generator<[string, Change]> {
  for (const [what, pathOf] of Object.entries(files)) {
    const each = (name: string, change: (path: string) => void): [string, Change] => [
      `${what} ${name}`,
      (subject) => change(pathOf(subject)),
    ];
    yield each('is gone', (path) => rmSync(path));
    yield each('is empty', (path) => truncateSync(path));
    yield each('is replaced', (path) => replace(path, readFileSync(path, 'utf8')));
    yield each('can be written by all', (path) => chmodSync(path, 0o666));
    yield each('belongs to somebody else', (path) => chownSync(path, nobody, nobody));
    yield each('is a link', linkAway);
    yield each('is a directory', (path) => {
      moveAway(path);
      mkdirSync(path);
    });
    yield each('is a FIFO', (path) => {
      moveAway(path);
      execFileSync('mkfifo', [path]);
    });
    yield each('has something mounted on it', (path) => {
      execFileSync('mount', ['--bind', '/dev/null', path]);
    });
  }
  for (const [what, pathOf] of Object.entries(directories)) {
    const each = (name: string, change: (path: string) => void): [string, Change] => [
      `${what} ${name}`,
      ({ layout }) => change(pathOf(layout)),
    ];
    yield each('can be written by all', (path) => chmodSync(path, 0o777));
    yield each('belongs to somebody else', (path) => chownSync(path, nobody, nobody));
    yield each('is gone', (path) => rmSync(path, { recursive: true }));
    yield each('is a link', linkAway);
    yield each('is another, copied', (path) => {
      moveAway(path);
      cpSync(`${path}-away`, path, { recursive: true, preserveTimestamps: true });
    });
    yield each('has something mounted on it', mountTmpfs);
  }
}

const changes: Readonly<Record<string, Change>> = {
  ...Object.fromEntries(changesOfEach()),
  'the profile is set': async ({ client }) => {
    const set = ['config', 'set', 'remote.path', 'bucket/elsewhere', '-c', client];
    expect(await installation.cryptosync(set)).toMatchObject({ exitCode: 0 });
  },
  'the profile is changed in place, with its length and time': ({ layout }) =>
    overwrite(layout.profileFile, 'bucket/', 'kettle/'),
  'the profile is replaced by one with another remote': ({ layout }) =>
    replace(layout.profileFile, readFileSync(layout.profileFile, 'utf8').replace('bucket/', 'else/')),
  'there is one more profile': ({ layout }) =>
    cpSync(layout.profileFile, join(layout.configDirectory, 'work.json')),
  'there is a profile of the former scripts': ({ layout }) =>
    writeFileSync(join(layout.configDirectory, 'cryptosync.old.conf'), 'CLIENT_ID=a\n'),
  'the profile has another name': ({ layout }) =>
    renameSync(layout.profileFile, join(layout.configDirectory, 'work.json')),
  'rclone.conf is changed in place, with its length and time': ({ layout }) =>
    overwrite(layout.rcloneConfig, 'type = s3', 'type = b2'),
  'rclone.conf is broken': ({ layout }) => appendFileSync(layout.rcloneConfig, 'nonsense\n'),
  'a sync was a failure': ({ client, layout }) =>
    appendFileSync(layout.ledger, ledgerLine(client, { at: '2026-01-31T02:00:00Z', outcome: 'failed' })),
  'a sync was a success': ({ client, layout }) =>
    appendFileSync(layout.ledger, ledgerLine(client, { at: '2026-01-31T02:00:00Z', outcome: 'synced' })),
  'a sync was killed': ({ client, layout }) =>
    appendFileSync(layout.ledger, ledgerLine(client, { at: '2026-01-31T02:00:00Z', event: 'started' })),
  'a sync is at work, and ends': async ({ client, layout }) => {
    appendFileSync(layout.ledger, ledgerLine(client, { at: '2026-01-31T02:00:00Z', event: 'started' }));
    const lock = await holdLock(vaultLock(layout, layout.defaultEncryptedDir), installation.environment);
    await expectTruth();
    await keepAll();
    expect(isToldAgain(client)).toBe(false);
    await expectTruth();
    await lock.release();
  },
  'the ledger is changed in place, with its length and time': ({ layout }) =>
    overwrite(layout.ledger, '"outcome":"synced"', '"outcome":"failed"'),
  'the last check is damage': ({ check }) => replace(check, checkOf('damaged')),
  'the last check is changed in place, with its length and time': ({ check }) =>
    overwrite(check, '"damaged":0', '"damaged":7'),
  'a record comes beside the ledger': ({ layout }) =>
    writeFileSync(join(layout.stateDirectory, 'record-default-0.jsonl'), ''),
  'the client is claimed as a tenant': ({ layout }) => {
    mkdirSync(layout.sessionStateDirectory);
    // one that can't be read tells of a session too
    writeFileSync(sessionJournal(layout), '{');
  },
  'the encrypted directory is empty': ({ layout }) => {
    rmSync(layout.defaultEncryptedDir, { recursive: true });
    mkdirSync(layout.defaultEncryptedDir);
  },
  'the encrypted directory is emptied': ({ layout }) => {
    for (const name of readdirSync(layout.defaultEncryptedDir))
      rmSync(join(layout.defaultEncryptedDir, name));
  },
  'the client has another name': ({ layout }) => {
    renameSync(layout.directory, `${layout.directory}b`);
    onTestFinished(() => rmSync(`${layout.directory}b`, { recursive: true }));
  },
  'the client has the place of another': ({ layout, root }) => {
    const swap = (): void => {
      renameSync(layout.directory, join(root, '.aside'));
      renameSync(join(root, 'other0'), layout.directory);
      renameSync(join(root, '.aside'), join(root, 'other0'));
    };
    swap();
    onTestFinished(swap);
  },
  'the client is put back from a copy': ({ layout }) => {
    execFileSync('cp', ['-a', layout.directory, `${layout.directory}-copy`]);
    rmSync(layout.directory, { recursive: true });
    renameSync(`${layout.directory}-copy`, layout.directory);
  },
  'another has a store that died': async ({ layout }) => {
    const part = join(layout.stateDirectory, 'engine-default');
    const daemon = await mountStore(installation, part);
    await expectTruth();
    daemon.kill('SIGKILL');
    await once(daemon, 'exit');
  },
  'its encrypted directory is on a store that died': async ({ layout }) => {
    moveAway(layout.defaultEncryptedDir);
    const daemon = await mountStore(installation, layout.defaultEncryptedDir);
    await expectTruth();
    daemon.kill('SIGKILL');
    await once(daemon, 'exit');
  },
  'the mount directory is gone': ({ layout }) => rmSync(layout.defaultMountDir, { recursive: true }),
  'something is mounted on the mount directory': ({ layout }) => void mountTmpfs(layout.defaultMountDir),
};

/** What is no part of a client, and what a row does not tell: the client is told again, and it is the truth. */
const harmless: Readonly<Record<string, Change>> = {
  nothing: () => {},
  'a lock': ({ layout }) => writeFileSync(join(layout.locksDirectory, 'vault.lock'), ''),
};

describe('a client of which', () => {
  it.each(Object.entries(changes))('%s is looked at', async (_name, change) => {
    const subject = await keptClient();
    await change(subject);
    expect(isToldAgain(subject.client)).toBe(false);
    await expectTruth();
    // and what was kept since is no less true
    await keepAll();
    await expectTruth();
  });
});

describe('a client is told again', () => {
  it.each(Object.entries(harmless))('after %s', async (_name, change) => {
    const subject = await keptClient();
    await change(subject);
    expect(isToldAgain(subject.client)).toBe(true);
    await expectTruth();
  });

  it('by the command, to the byte, and nothing of it is read but what lies there', async () => {
    const { root } = installation;
    rmSync(keptStatusFile(root), { force: true });
    const seen = installation.path('seen.json');
    const recorder = installation.path('recorder.cjs');
    writeFileSync(
      recorder,
      `const fs = require('node:fs');
const seen = new Set();
for (const name of Object.keys(fs).filter((each) => each.endsWith('Sync'))) {
  const own = fs[name];
  fs[name] = (...args) => { if (typeof args[0] === 'string') seen.add(args[0]); return own(...args); };
}
process.on('exit', () => fs.writeFileSync(${JSON.stringify(seen)}, JSON.stringify([...seen])));
`,
    );
    /** What a status touches of the clients: those of which it says that they may be told again. */
    const status = async (): Promise<{ stdout: string; touched: string[] }> => {
      const env = { NODE_OPTIONS: `--require ${recorder}` };
      const { stdout } = await installation.cryptosync(['status', '--all', '--json'], { env });
      const paths = JSON.parse(readFileSync(seen, 'utf8')) as string[];
      return { stdout, touched: paths.flatMap((path) => /\/(other\d+(?:\/.*)?)$/.exec(path)?.[1] ?? []) };
    };
    // the clock of the command is the machine's
    ahead = 0;
    // it keeps what is old enough
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const first = await status();
    const { clients } = JSON.parse(readFileSync(keptStatusFile(root), 'utf8'));
    const stamped = new Set<string>(
      clients.flatMap(({ client, stamps }: { client: string; stamps: [string][] }) =>
        stamps.map(([path]) => client + path),
      ),
    );
    // what is not there, and what only a name is asked of, is told by the directory above it
    const notStamped = first.touched.filter((path) => !stamped.has(path));
    const named = notStamped.filter((path) => existsSync(join(root, path)));
    expect(named.filter((path) => !path.endsWith('/vault/decrypted'))).toEqual([]);
    expect(notStamped.filter((path) => !stamped.has(dirname(path)))).toEqual([]);
    const second = await status();
    expect(second.stdout).toBe(first.stdout);
    expect(new Set(second.touched)).toEqual(stamped);
  });
});

describe('nobody is told again', () => {
  const noneToldAgain = async (): Promise<void> => {
    expect(openKeptFleet(context, readMountTable())?.rows.size ?? 0).toBe(0);
    await expectTruth();
  };

  it('out of a root that others can write, or below a directory that they can write', async () => {
    for (const path of [installation.root, installation.directory]) {
      await keepAll();
      chmodSync(path, 0o777);
      await noneToldAgain();
      chmodSync(path, 0o700);
    }
  });

  it('when the root is another directory than it was', async () => {
    await keepAll();
    const { root } = installation;
    execFileSync('cp', ['-a', root, `${root}-copy`]);
    renameSync(root, `${root}-away`);
    renameSync(`${root}-copy`, root);
    await noneToldAgain();
    rmSync(root, { recursive: true });
    symlinkSync(`${root}-away`, root);
    await noneToldAgain();
    rmSync(root);
    renameSync(`${root}-away`, root);
  });

  it('while the clock stands before the moment at which it was kept', async () => {
    await keepAll();
    ahead -= 2 * later;
    await noneToldAgain();
    ahead += 2 * later;
  });

  it('who was changed just before the status: it could be changed once more in the same tick', async () => {
    const subject = await keptClient();
    rmSync(keptStatusFile(installation.root));
    ahead = statSync(subject.check).ctimeMs + 3900 - Date.now();
    await toldOf(context, true);
    expect(existsSync(keptStatusFile(installation.root))).toBe(false);
  });

  it('whose remote is told from where the command was typed', async () => {
    const { layout, client } = await keptClient();
    writeFileSync(layout.rcloneConfig, '[s3]\ntype = local\n');
    const profile = JSON.parse(readFileSync(layout.profileFile, 'utf8'));
    for (const [path, isTold] of [
      ['/somewhere', true],
      ['somewhere', false],
    ] as const) {
      writeFileSync(layout.profileFile, JSON.stringify({ ...profile, remote: { name: 's3', path } }));
      await keepAll();
      expect([path, isToldAgain(client)]).toEqual([path, isTold]);
    }
    await expectTruth();
  });

  it('out of a root that lies on no disk of this machine', async () => {
    const store = installation.path('store');
    await mountStore(installation, store);
    const root = join(store, 'clients');
    mkdirSync(root, { mode: 0o700 });
    expect(openKeptFleet({ ...context, root }, readMountTable())).toBeUndefined();
  });

  it('when the clock was set while it was read', async () => {
    rmSync(keptStatusFile(installation.root), { force: true });
    ahead += later;
    let calls = 0;
    const set: Context = { ...context, clock: { now: () => new Date(Date.now() + ahead - 5000 * calls++) } };
    await toldOf(set, true);
    expect(existsSync(keptStatusFile(installation.root))).toBe(false);
  });

  it('out of a root that can’t be written, which is no failure', async () => {
    const { root } = installation;
    rmSync(keptStatusFile(root), { force: true });
    execFileSync('chattr', ['+i', root]);
    ahead += later;
    await noneToldAgain();
    await noneToldAgain();
    execFileSync('chattr', ['-i', root]);
  });

  it('of what another user or another state of the program has kept', async () => {
    const change: Readonly<Record<string, (kept: { key: Record<string, unknown>; at: number }) => void>> = {
      user: ({ key }) => Object.assign(key, { userId: 4711 }),
      program: ({ key }) => Object.assign(key, { program: 'another' }),
      'no moment': (kept) => Object.assign(kept, { at: null }),
      format: ({ key }) => Object.assign(key, { format: 0 }),
      root: ({ key }) => Object.assign(key, { root: '/elsewhere' }),
      'what it leads to': ({ key }) => Object.assign(key, { top: '/elsewhere' }),
    };
    for (const each of Object.values(change)) {
      await keepAll();
      const file = keptStatusFile(installation.root);
      const kept = JSON.parse(readFileSync(file, 'utf8'));
      each(kept);
      writeFileSync(file, JSON.stringify(kept));
      await noneToldAgain();
    }
  });

  it('out of a file that somebody else could have written', async () => {
    const file = keptStatusFile(installation.root);
    for (const spoil of [
      () => chmodSync(file, 0o622),
      () => chownSync(file, nobody, nobody),
      () => linkAway(file),
    ]) {
      await keepAll();
      spoil();
      await noneToldAgain();
      rmSync(`${file}-away`, { force: true });
    }
  });

  it.each(misplaced)('when in the place of the file there is: %s', async (_name, put) => {
    const file = keptStatusFile(installation.root);
    await keepAll();
    const content = readFileSync(file);
    takeAway(file);
    put(file, content);
    await noneToldAgain();
    takeAway(file);
  });
});

/** A field of a row, and what stands there. */
const nonsense: readonly (readonly [field: string, value: unknown])[] = [
  ...['client', 'profile', 'engine', 'state', 'health', 'notes', 'mountDir', 'encryptedDir', 'places'].map(
    (field) => [field, 5] as const,
  ),
  ...['remote', 'lastSync', 'lastSuccess', 'lastElsewhere', 'lastVerification'].map(
    (field) => [field, []] as const,
  ),
  ['places', [{}]],
  ['lastSync', { at: '2026-01-30T02:00:00Z', outcome: 'unfinished' }],
  ['client', 'other1'],
  ['profile', '../..'],
  ['state', 'mounted'],
  ['health', 'error'],
  ['more', 1],
  ['lastElsewhere', undefined],
];

it.each(nonsense)('a row whose %s is %j is looked at, and others are told again', async (field, value) => {
  await keepAll();
  const file = keptStatusFile(installation.root);
  const kept = JSON.parse(readFileSync(file, 'utf8'));
  Object.assign(kept.clients[0].rows[0], { [field]: value });
  writeFileSync(file, JSON.stringify(kept));
  expect(openKeptFleet(context, readMountTable())?.rows.size).toBe(kept.clients.length - 1);
  await expectTruth();
});

function killDaemon(encryptedDir: string): void {
  for (const { pid } of findDaemons('gocryptfs', encryptedDir)) process.kill(pid, 'SIGKILL');
}

describe('a real vault', () => {
  it('is looked at while it is mounted, dead, or mounted elsewhere, and told again after that', async () => {
    const client = 'vault1';
    const run = async (...args: string[]): Promise<void> => {
      const result = await installation.cryptosync([...args, '-c', client]);
      expect([args, result.exitCode, result.stderr]).toEqual([args, 0, expect.anything()]);
    };
    await run(
      'install',
      '--no-links',
      '--remote-type',
      'local',
      '--remote-path',
      installation.path('remote'),
    );
    const layout = layoutOf(installation.root, client);
    await keepAll();
    expect(isToldAgain(client)).toBe(true);
    for (const end of [() => {}, killDaemon]) {
      await run('mount');
      expect(isToldAgain(client)).toBe(false);
      end(layout.defaultEncryptedDir);
      await keepAll();
      await expectTruth();
      expect(isToldAgain(client)).toBe(false);
      await run('unmount');
      await keepAll();
      expect(isToldAgain(client)).toBe(true);
    }
    // its daemon runs where this process does not see the mount; no file tells of it
    const elsewhere = installation.path('elsewhere');
    mkdirSync(elsewhere);
    const words = [...ownMounts(), 'gocryptfs', '-q', '-extpass', `echo ${vaultPassword}`];
    const { environment } = installation;
    execFileSync(toolOnThisMachine('unshare'), [...words, layout.defaultEncryptedDir, elsewhere], {
      env: environment,
    });
    expect(await toldOf(context, true)).toContain('another mount namespace');
    await expectTruth();
  });
});
