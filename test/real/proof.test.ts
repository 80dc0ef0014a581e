/** Proof before sending: whatever stands in the place of what opened a vault, in every way that it could be sent. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstallation, type Installation, vaultPassword } from '../support/installation.ts';
import { snapshot } from '../support/snapshot.ts';
import { readTree } from '../support/tree.ts';
import { type ClientVault, canaryName, editProfile, openByHand, vaultOf } from '../support/vault.ts';

const files: Readonly<Record<string, string>> = { one: '1', 'deep/two': '22' };
const conf = 'gocryptfs.conf';
const directoryKey = 'gocryptfs.diriv';

let installation: Installation;
let vault: ClientVault;
/** The vault as it should be, two others, of the same password and of another, and a client's, which can be read. */
let good: string;
let claimed: string;
let foreign: string;
let stranger: string;

function initialise(directory: string, password: string): string {
  mkdirSync(directory);
  execFileSync('gocryptfs', ['-q', '-init', '--', directory], {
    input: `${password}\n`,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  return directory;
}

function replace(name: string, content: string | Uint8Array | undefined): void {
  const path = join(vault.encryptedDir, name);
  rmSync(path, { force: true });
  if (content !== undefined) writeFileSync(path, content);
}

const read = (directory: string, name: string): Buffer => readFileSync(join(directory, name));

function editFlags(edit: (flags: string[]) => string[]): void {
  const config = JSON.parse(read(vault.encryptedDir, conf).toString());
  replace(conf, JSON.stringify({ ...config, FeatureFlags: edit(config.FeatureFlags) }));
}

function exchangeVault(directory: string): void {
  rmSync(vault.encryptedDir, { recursive: true });
  cpSync(directory, vault.encryptedDir, { recursive: true });
}

/** What may stand there instead of what opened the vault; `mount` is what a mount says of it. */
const impostors: Readonly<
  Record<string, { readonly put: () => void; readonly sync?: string; readonly mount: string | 'opens' }>
> = {
  'an empty configuration': { put: () => replace(conf, ''), mount: 'VAULT_MISSING' },
  'half a configuration': {
    put: () => replace(conf, read(vault.encryptedDir, conf).subarray(0, 200)),
    mount: 'VAULT_MISSING',
  },
  'a configuration with one letter changed': {
    put() {
      const config = JSON.parse(read(vault.encryptedDir, conf).toString());
      const [first, ...rest]: string = config.EncryptedKey;
      replace(
        conf,
        JSON.stringify({ ...config, EncryptedKey: [first === 'A' ? 'B' : 'A', ...rest].join('') }),
      );
    },
    mount: 'WRONG_PASSWORD',
  },
  'a directory in the place of the configuration': {
    put() {
      replace(conf, undefined);
      mkdirSync(join(vault.encryptedDir, conf));
    },
    sync: 'VAULT_MISSING',
    mount: 'VAULT_MISSING',
  },
  'the configuration of another vault, same password': {
    put: () => replace(conf, read(foreign, conf)),
    mount: 'VAULT_MISMATCH',
  },
  'the configuration of another vault, other password': {
    put: () => replace(conf, read(stranger, conf)),
    mount: 'WRONG_PASSWORD',
  },
  'plaintext names, among them that of the canary': {
    put() {
      editFlags((flags) => [
        ...flags.filter((flag) => !/^(DirIV|EMENames|LongNames|Raw64)$/.test(flag)),
        'PlaintextNames',
      ]);
      cpSync(canaryThere(), join(vault.encryptedDir, canaryName));
    },
    mount: 'VAULT_MISMATCH',
  },
  'names without directory keys': {
    put: () => editFlags((flags) => flags.filter((flag) => flag !== 'DirIV')),
    mount: 'VAULT_MISMATCH',
  },
  'flags under a second spelling of their key': {
    put() {
      const config = JSON.parse(read(vault.encryptedDir, conf).toString());
      replace(conf, JSON.stringify({ ...config, featureflags: ['HKDF', 'GCMIV128', 'PlaintextNames'] }));
    },
    mount: 'VAULT_MISMATCH',
  },
  'no directory key at the root': { put: () => replace(directoryKey, undefined), mount: 'VAULT_MISMATCH' },
  'an empty directory key': { put: () => replace(directoryKey, ''), mount: 'VAULT_MISMATCH' },
  'the directory key of another vault': {
    put: () => replace(directoryKey, read(foreign, directoryKey)),
    mount: 'VAULT_MISMATCH',
  },
  'another vault, same password': { put: () => exchangeVault(foreign), mount: 'VAULT_MISMATCH' },
  'the vault of another client, same password': {
    put: () => exchangeVault(claimed),
    mount: 'VAULT_MISMATCH',
  },
  'another vault, other password': { put: () => exchangeVault(stranger), mount: 'WRONG_PASSWORD' },
};

/** Every way on which a vault's files leave this machine. */
const ways: Readonly<Record<string, readonly string[]>> = {
  upload: ['sync'],
  'upload without a limit': ['sync', '--max-delete', '100%'],
  'mode copy': ['sync', '--mode', 'copy'],
  'a dry run': ['sync', '--dry-run'],
  bidirectional: ['sync', '--direction', 'bidirectional'],
  'another path on the remote': ['sync', 'ELSEWHERE'],
  'a second profile': ['sync', '--profile', 'second'],
  'another key': ['sync', '--rekey', '--new-encryption-key-file', 'KEY', '--new-path', 'ELSEWHERE'],
};

beforeAll(async () => {
  installation = createInstallation();
  vault = vaultOf(installation, 'client1');
  const remote = ['--remote-type', 'local', '--remote-path'];
  await vault.succeed('install', '--no-links', ...remote, vault.remoteDir);
  editProfile(vault, { keepDeleted: '0' });
  await vault.put(files);
  await vault.succeed('sync');
  const shared = ['--profile', 'second', '--share-vault', 'default', '--remote-name', 'second'];
  await vault.succeed('install', '--no-links', ...shared, ...remote, installation.path('remotes', 'second'));
  good = installation.path('good');
  cpSync(vault.encryptedDir, good, { recursive: true, preserveTimestamps: true });
  writeFileSync(installation.path('key'), `${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 });
  foreign = initialise(installation.path('foreign'), vaultPassword);
  stranger = initialise(installation.path('stranger'), 'another password');
  const other = vaultOf(installation, 'client2');
  await other.succeed('install', '--no-links', ...remote, other.remoteDir);
  await other.put({ theirs: '333' });
  claimed = other.encryptedDir;
  for (const directory of [foreign, stranger]) cpSync(join(good, firstFile()), join(directory, 'x'));
});

afterAll(() => installation.cleanUp());

function firstFile(): string {
  return Object.keys(readTree(good)).find((name) => !/[/]|^gocryptfs/.test(name)) ?? '';
}

/** What an engine has encrypted says nothing of its own name: whoever reaches it can give it another. */
function canaryThere(): string {
  const paths = Object.keys(readTree(good)).map((name) => join(good, name));
  const own = paths.filter((path) => !path.includes('gocryptfs.'));
  return own.reduce((one, other) => (statSync(other).size > statSync(one).size ? other : one));
}

function bringBack(): void {
  rmSync(vault.encryptedDir, { recursive: true, force: true });
  cpSync(good, vault.encryptedDir, { recursive: true, preserveTimestamps: true });
}

/** Goes one of the ways, as given or with the second profile. */
async function go([command = '', ...args]: readonly string[]) {
  const places: Record<string, string> = {
    ELSEWHERE: installation.path('remotes', 'elsewhere'),
    KEY: installation.path('key'),
  };
  const given = args.map((word) => places[word] ?? word);
  return await installation.cryptosync([command, '--client', 'client1', '--json', ...given]);
}

const sorted = (tree: object): string[] => Object.keys(tree).sort();

describe('in the place of what opened a vault', () => {
  it.each(Object.entries(impostors))(
    '%s reaches no remote by any way, and is told by a mount',
    async (_, { put, sync = 'VAULT_MISMATCH', mount }) => {
      put();
      const remotes = snapshot(installation.path('remotes'));
      const proofs = snapshot(installation.client('client1', 'cryptosync', 'config'));
      try {
        for (const [way, args] of Object.entries(ways)) {
          const { json, exitCode, stderr } = await go(args);
          const error = json.error ?? json.results?.[0]?.results?.[0]?.error ?? json.results?.[0]?.error;
          expect([way, exitCode, error?.code, stderr], JSON.stringify(json)).toEqual([way, 15, sync, '']);
          // this machine knows by itself: whether the place has the same is what is asked where it does not
          expect([way, error?.details ?? {}]).toEqual([
            way,
            expect.not.objectContaining({ unproven: expect.anything() }),
          ]);
          expect(snapshot(installation.path('remotes')), way).toEqual(remotes);
        }
        expect((await vault.run('mount')).json.results[0].error).toMatchObject({ code: mount });
        expect((await vault.status()).state).toBe('unmounted');
        expect(snapshot(installation.client('client1', 'cryptosync', 'config'))).toEqual(proofs);
        expect(sorted(openByHand(installation, vault.remoteDir))).toEqual(sorted(files));
      } finally {
        bringBack();
      }
      await vault.succeed('sync');
      await vault.put({});
    },
  );
});

describe('a configuration that was changed by hand', () => {
  it('is told by the canary, where no profile says how the vault was made', async () => {
    const profile = readFileSync(vault.profileFile);
    try {
      editProfile(vault, { madeWith: undefined });
      impostors['plaintext names, among them that of the canary']?.put();
      expect((await vault.run('mount')).json.results[0].error).toMatchObject({
        code: 'VAULT_MISMATCH',
        message: expect.stringContaining('encrypted otherwise than it was made'),
      });
    } finally {
      bringBack();
      writeFileSync(vault.profileFile, profile);
    }
  });

  it('is proven by one mount, and goes to the remote then', async () => {
    try {
      execFileSync('gocryptfs', ['-q', '-passwd', '--', vault.encryptedDir], {
        input: `${vaultPassword}\n${vaultPassword}\n`,
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      const refused = await vault.run('sync');
      expect(refused).toMatchObject({ exitCode: 15 });
      expect(refused.stdout).toContain('Mount the vault once');
      await vault.put({});
      await vault.succeed('sync');
      expect(read(vault.remoteDir, conf)).toEqual(read(vault.encryptedDir, conf));
    } finally {
      bringBack();
      await vault.put({});
      await vault.succeed('sync');
    }
  });

  it('is known by the remote where the state of this machine was lost', async () => {
    const state = installation.client('client1', 'cryptosync', 'state');
    for (const name of Object.keys(readTree(state))) {
      if (/^(proof|seal)-/.test(name)) rmSync(join(state, name));
    }
    // who can write to both has them agree; how the vault was made stands in the profile
    const config = JSON.parse(read(good, conf).toString());
    const weakened = JSON.stringify({ ...config, FeatureFlags: [...config.FeatureFlags, 'PlaintextNames'] });
    for (const directory of [vault.encryptedDir, vault.remoteDir]) {
      rmSync(join(directory, conf));
      writeFileSync(join(directory, conf), weakened);
    }
    expect((await vault.run('sync')).json.error).toMatchObject({
      code: 'VAULT_MISMATCH',
      message: expect.stringContaining('with PlaintextNames'),
    });
    bringBack();
    cpSync(join(good, conf), join(vault.remoteDir, conf), { preserveTimestamps: true });
    await vault.succeed('sync');
    const elsewhere = await vault.run('sync', installation.path('remotes', 'elsewhere'));
    expect(elsewhere.exitCode).toBe(15);
    await vault.put({});
    await vault.succeed('sync', installation.path('remotes', 'elsewhere'));
  });
});

describe('a vault whose canary was lost', () => {
  it.each([
    ['removed', undefined],
    ["another vault's", '6b0e2c0e-0000-4000-8000-000000000000\n'],
    ['emptied', ''],
  ])('%s, gets it back by a mount when the vault is the proven one', async (_, content) => {
    await vault.succeed('mount');
    rmSync(join(vault.mountDir, canaryName));
    if (content !== undefined) writeFileSync(join(vault.mountDir, canaryName), content);
    await vault.succeed('unmount');
    const mounted = await vault.run('mount');
    expect(mounted.exitCode).toBe(0);
    expect(mounted.stderr).toContain('it is the right one');
    const canary = JSON.parse(readFileSync(join(vault.mountDir, canaryName), 'utf8'));
    const { vaultId } = JSON.parse(readFileSync(vault.profileFile, 'utf8'));
    expect(canary).toMatchObject({ vaultId });
    await vault.succeed('unmount');
  });

  it('is accepted by the operator, and by nobody else, when nothing proves it', async () => {
    try {
      exchangeVault(foreign);
      expect((await vault.run('mount')).exitCode).toBe(15);
      expect((await vault.run('mount', '--accept-vault')).exitCode).toBe(2);
      rmSync(join(vault.encryptedDir, 'x'));
      await vault.succeed('mount', '--accept-vault', '--yes');
      await vault.succeed('unmount');
      await vault.put({});
    } finally {
      bringBack();
      await vault.succeed('mount', '--accept-vault', '--yes');
      await vault.succeed('unmount');
    }
  });
});
