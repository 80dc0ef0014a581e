/** Every way in which a sync can end, and what status, doctor and the log say of the profile's own place after it. */
import { readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstallation, type Installation } from '../support/installation.ts';
import { type ClientVault, editProfile, installVault } from '../support/vault.ts';

const longAgo = '2026-01-01T00:00:00Z';

let installation: Installation;
let vault: ClientVault;
let elsewhere: string;
let confFile: string;

/** Moves all that has happened so far into the past: times in the ledger have seconds only. */
function ageLedger(change: (line: object) => object = (line) => line): void {
  const lines = readFileSync(vault.ledgerFile, 'utf8').trim().split('\n');
  const aged = lines.map((line) => JSON.stringify(change({ ...JSON.parse(line), at: longAgo })));
  writeFileSync(vault.ledgerFile, `${aged.join('\n')}\n`);
}

/** What 0.1 wrote: no places, and the remote of the worst mapping. */
function as01({ places: _, ...line }: { places?: unknown }): object {
  return line;
}

const logged = (): string => readFileSync(installation.logFile, 'utf8');
const edit = (file: string, from: string | RegExp, to: string): void =>
  writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));

beforeAll(async () => {
  installation = createInstallation();
  vault = await installVault(installation, 'a');
  elsewhere = installation.path('remotes', 'elsewhere');
  confFile = installation.client('a', 'rclone', 'rclone.conf');
  await vault.put({ one: 'one', two: 'two' });
  await vault.succeed('sync');
  ageLedger();
  await vault.put({ three: 'three' });
});

afterAll(async () => {
  await installation.cleanUp();
});

type Whose = 'own' | 'elsewhere' | 'never' | 'failed';

interface Case {
  readonly whose: Whose;
  /** The line that the log ends with. */
  readonly log?: RegExp;
  /** Whether doctor tells that the last success is old: by default where there is one, and it is. */
  readonly isOld?: boolean;
  act(): unknown;
}

/** In this order, on one vault: what a case changed of the files in `restored` is undone after it. */
const cases: Readonly<Record<string, Case>> = {
  'a dry run': { whose: 'elsewhere', act: () => vault.succeed('sync', '--dry-run') },
  'an upload to another path': {
    whose: 'elsewhere',
    log: /INFO\] a\/default: sync ended: synced: upload to \S+elsewhere: [1-9]\d* files, [1-9]\d* bytes, 0 deleted, generation 1\n$/,
    act: () => vault.succeed('sync', elsewhere),
  },
  'a failure at another path': {
    whose: 'elsewhere',
    log: /ERROR\] a\/default: sync ended: \w+: upload to \S+file: [A-Z_]+ .*\n$/,
    async act() {
      const file = installation.path('file');
      writeFileSync(file, 'a file stands there');
      expect((await vault.run('sync', file)).exitCode).not.toBe(0);
    },
  },
  'a download': {
    whose: 'elsewhere',
    log: /INFO\] a\/default: sync ended: \w+: download from \S+remotes\/a: .*\n$/,
    act: () => vault.succeed('sync', '--direction', 'download', '--force'),
  },
  'nothing but lines of 0.1': { whose: 'elsewhere', act: () => ageLedger(as01) },
  'another path in the profile': {
    whose: 'never',
    act: () => editProfile(vault, { remote: { name: 'default-remote', path: `${elsewhere}-2` } }),
  },
  'another remote of the same kind in the profile': {
    whose: 'never',
    act() {
      edit(confFile, /$/, '\n[other]\ntype = local\n');
      editProfile(vault, { remote: { name: 'other', path: vault.remoteDir } });
    },
  },
  'another backend behind the name of the remote': {
    whose: 'never',
    act: () => edit(confFile, 'type = local', 'type = sftp\nhost = 127.0.0.1'),
  },
  'a second mapping in the profile': {
    whose: 'never',
    // of the first
    isOld: true,
    act() {
      const photos = { source: installation.client('a', 'photos'), remotePath: '/photos', plaintext: true };
      editProfile(vault, { mappings: [{}, photos] });
    },
  },
  'a refusal': {
    whose: 'failed',
    log: /ERROR\] a\/default: sync ended: refused: upload to \S+remotes\/a: VAULT_FOREIGN .*\n$/,
    async act() {
      edit(vault.markerFile, /"vaultId": *"[^"]*"/, '"vaultId": "another"');
      expect(await vault.run('sync')).toMatchObject({ exitCode: 15 });
    },
  },
  'a failure': {
    whose: 'failed',
    log: /ERROR\] a\/default: sync ended: failed: upload to \S+remotes\/a: [A-Z_]+ .*\n$/,
    async act() {
      const aside = `${vault.remoteDir}.aside`;
      renameSync(vault.remoteDir, aside);
      writeFileSync(vault.remoteDir, 'a file stands there');
      expect((await vault.run('sync')).exitCode).not.toBe(0);
      unlinkSync(vault.remoteDir);
      renameSync(aside, vault.remoteDir);
    },
  },
  'a bidirectional sync': {
    whose: 'elsewhere',
    log: /INFO\] a\/default: sync ended: \w+: bidirectional between the vault and \S+remotes\/a: .*\n$/,
    act: () => vault.succeed('sync', '--direction', 'bidirectional', '--resync', '--prefer', 'local'),
  },
  'an upload to the own path, named with a slash': {
    whose: 'own',
    log: /INFO\] a\/default: sync ended: \w+: upload to \S+remotes\/a: .*, generation \d+\n$/,
    act: () => vault.succeed('sync', `${vault.remoteDir}/`),
  },
};

/** Times that the ledger says are of a year before: only the last case has a newer success. */
describe('what is said of the own place', () => {
  it.each(Object.entries(cases))(
    'after %s',
    async (_, { whose, log, act, isOld = whose === 'elsewhere' || whose === 'failed' }) => {
      const restored = [vault.profileFile, vault.ledgerFile, confFile, vault.markerFile];
      const before = restored.map((file) => readFileSync(file));
      try {
        await act();
        if (log !== undefined) expect(logged()).toMatch(log);
        const { lastSuccess, lastSync } = await vault.status();
        if (whose === 'own') expect(lastSuccess > longAgo).toBe(true);
        else expect(lastSuccess).toBe(whose === 'never' ? null : longAgo);
        if (whose === 'elsewhere') expect(lastSync).toMatchObject({ at: longAgo, outcome: 'synced' });
        if (whose === 'failed') expect(['failed', 'refused']).toContain(lastSync.outcome);
        const table = (await installation.cryptosync(['status', '--client', 'a'])).stdout;
        expect(table.split('\n')[1]).toContain(
          lastSync === null ? 'never' : `${lastSync.at} ${lastSync.outcome}`,
        );
        expect(await doctorTellsAge()).toBe(isOld);
      } finally {
        for (const [index, file] of restored.entries()) writeFileSync(file, before[index] ?? '');
      }
    },
  );
});

/** Whether the last success is too old. A vault that was set up today is not too old for a place without one. */
async function doctorTellsAge(): Promise<boolean> {
  const { json } = await vault.run('doctor', '--no-check-remote', '--max-age', '1d');
  const old = json.findings.find(({ id }: { id: string }) => id === 'sync-old');
  return old?.what.includes(longAgo) ?? false;
}

describe('a rekey', () => {
  it('is a success of the new place, which the profile has from then on', async () => {
    const keyFile = installation.path('new.key');
    const newPath = installation.path('remotes', 'rekeyed');
    const { stdout } = await installation.cryptosync(['key', 'generate']);
    writeFileSync(keyFile, stdout, { mode: 0o600 });
    ageLedger();
    await vault.succeed('sync', '--rekey', '--new-encryption-key-file', keyFile, '--new-path', newPath);
    const { lastSuccess, places } = await vault.status();
    expect(lastSuccess > longAgo).toBe(true);
    expect(places).toMatchObject([
      { remote: expect.stringContaining('rekeyed'), lastSync: { outcome: 'rekeyed' } },
    ]);
    expect(logged()).toMatch(/rekey begins: upload to \S+rekeyed$/m);
    expect(logged()).toMatch(/rekey ended: rekeyed: \S+remotes\/a to \S+rekeyed: \d+ files$/m);
  });
});

describe('the log of an install', () => {
  it('has its steps between its beginning and its end', () => {
    expect(logged()).toMatch(
      /a\/default: install begins\n.*a\/default: install: Lay out.*\n[\s\S]*install: Make a gocryptfs vault.*\n[\s\S]*install ended: installed$/m,
    );
  });
});
