/**
 * Whatever stands in a file that is read back, or in its place: each reader gives an error of its own, or takes it as
 * one that says nothing. Nothing is UNEXPECTED, and nothing is waited for.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ProfileLayout,
  profileLayout,
  scheduleFile,
  sessionJournal,
  vaultLock,
} from '../../src/clients/layout.ts';
import { readLockHolder } from '../../src/clients/lock.ts';
import { machineId } from '../../src/clients/machine.ts';
import { parseClientId, parseProfileName } from '../../src/clients/names.ts';
import { readProfileIfPresent } from '../../src/clients/profile-store.ts';
import { readSettings } from '../../src/clients/settings.ts';
import { recordedLinks } from '../../src/clients/summary.ts';
import { checkConfiguration } from '../../src/doctor/checks/configuration.ts';
import { checkHistory } from '../../src/doctor/checks/history.ts';
import { checkLocks } from '../../src/doctor/checks/locks.ts';
import { checkSchedule } from '../../src/doctor/checks/schedules/schedule.ts';
import { checkVault } from '../../src/doctor/checks/vaults.ts';
import { type Examination, isDiagnosis } from '../../src/doctor/examination.ts';
import { openCase } from '../../src/operations/doctor/open-case.ts';
import { readStatus } from '../../src/operations/status/status.ts';
import { verifyNeighbours } from '../../src/operations/sync/neighbour-mounts.ts';
import { verifyPlacesApart } from '../../src/operations/sync/neighbour-places.ts';
import { neighboursOf } from '../../src/operations/sync/neighbours.ts';
import { planUninstall } from '../../src/operations/uninstall/plan.ts';
import { remoteOf } from '../../src/operations/vault-of.ts';
import { readRcloneConf } from '../../src/remotes/configuration.ts';
import { verifyKeyCheck } from '../../src/remotes/control/key-check.ts';
import { isSealed } from '../../src/remotes/control/seal.ts';
import { stateOf } from '../../src/remotes/control/state.ts';
import { sinkRemote } from '../../src/remotes/sinks/index.ts';
import { readSchedule } from '../../src/schedules/record.ts';
import { readJournal as readSessionJournal } from '../../src/sessions/journal.ts';
import { readBase, readJournal } from '../../src/sync/both-ways/base.ts';
import { readSyncBase } from '../../src/sync/former/base.ts';
import { readSyncIndex } from '../../src/sync/former/source-index.ts';
import { notesAbout } from '../../src/sync/here/incoming.ts';
import { decodeManifest } from '../../src/sync/tree/manifest.ts';
import { openRecord } from '../../src/sync/tree/record.ts';
import { RecordTorn, writeLines } from '../../src/sync/tree/record-file.ts';
import { toCryptosyncError } from '../../src/system/errors.ts';
import { readIfPresent } from '../../src/system/files.ts';
import { identityOf, judgeIdentity } from '../../src/vaults/proof.ts';
import { readSealKey } from '../../src/vaults/seal-key.ts';
import { contextFor } from '../support/context.ts';
import { createInstallation, type Installation } from '../support/installation.ts';
import { putKeyCheck } from '../support/key-check.ts';
import { fieldsOf, misplaced, takeAway } from '../support/nonsense.ts';
import { cleanEnvironment } from '../support/serve.ts';
import { type ClientVault, editProfile, installVault } from '../support/vault.ts';

let installation: Installation;
let vault: ClientVault;
let layout: ProfileLayout;
let neighbour: ProfileLayout;

beforeAll(async () => {
  installation = createInstallation();
  vault = await installVault(installation, 'a');
  const other = await installVault(installation, 'b');
  const [a, b] = ['a', 'b'].map((client) =>
    profileLayout(installation.root, parseClientId(client), parseProfileName('default')),
  );
  [layout, neighbour] = [a as ProfileLayout, b as ProfileLayout];
  await vault.put({ file: 'content' });
  await vault.succeed('sync');
  editProfile(other, { maxDelete: '50%' });
  editProfile(vault, {
    maxDelete: '50%',
    keepDeleted: '30d',
    mappings: [{ remotePath: vault.remoteDir, direction: 'upload', include: ['*.txt'] }],
    crypt: { filenameEncryption: 'standard', directoryNameEncryption: true },
  });
});

afterAll(() => installation.cleanUp());

/** Everything that looks at a client on this machine, one by one: what one of them throws stops no other. */
async function looks(): Promise<(() => unknown)[]> {
  const context = contextFor(installation.root);
  const examination: Examination = {
    context,
    program: { node: '/bin/node', script: '/bin/run.js' },
    checkRemote: false,
    maxAge: 1000,
    heldLocks: new Map([[vaultLock(layout, vault.encryptedDir), process.pid]]),
    binDirectory: undefined,
  };
  const opened = await openCase(layout);
  const profiles = isDiagnosis(opened) ? [] : [opened];
  const ofVault = profiles.flatMap((one) => [
    () => checkHistory(examination, one),
    () => checkVault(examination, one),
    () => one.openRemote(),
    () => judgeIdentity(one.vault, identityOf(one.vault)),
    () => readSealKey(layout.stateDirectory, one.vault.vaultId ?? ''),
  ]);
  return [
    () => readStatus(context, { layouts: [layout], checkRemote: false }),
    () => checkConfiguration(examination, { layout, profiles }),
    () => checkLocks(examination, { layout, profiles }),
    ...profiles.map((one) => () => checkSchedule(examination, one)),
    ...ofVault,
    () =>
      planUninstall(context, {
        layout,
        purgeVault: true,
        purgeRemoteConfig: true,
        binDirectory: undefined,
        wait: 0,
      }),
    () => recordedLinks(layout, 'default'),
    () => readSettings(installation.path('settings.json')),
    () => machineId(layout.stateDirectory),
    () => [...neighboursOf(neighbour)],
    () => verifyNeighbours(neighbour, readProfileIfPresent(neighbour) as never),
    () => verifyPlacesApart(neighbour, [remoteOf(neighbour, readProfileIfPresent(neighbour) as never)]),
  ];
}

/** @returns what went wrong, as a text that names the case; nothing where all was told properly */
async function wrongIn(name: string, calls: readonly (() => unknown)[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const call of calls) {
    try {
      const found = await call();
      // a row or a finding tells what its reader threw
      const told =
        JSON.stringify(found, (_, value) => (typeof value === 'bigint' ? String(value) : value)) ?? '';
      if (/"UNEXPECTED"|\[object Object\]/.test(told)) wrong.push(`${name}: ${call}: ${told.slice(0, 300)}`);
    } catch (thrown) {
      const error = toCryptosyncError(thrown);
      if (error.code === 'UNEXPECTED')
        wrong.push(`${name}: ${call}: ${(error.cause as Error)?.stack?.slice(0, 400)}`);
      else if (error.message.length > 10_000)
        wrong.push(`${name}: a message of ${error.message.length} characters`);
    }
  }
  return wrong;
}

const state = (pattern: RegExp): string =>
  join(layout.stateDirectory, readdirSync(layout.stateDirectory).find((name) => pattern.test(name)) ?? '');

/** Files of this machine: where each lies, what it holds where the set-up made none, and who reads it besides all. */
const files: readonly {
  readonly name: string;
  readonly path: () => string;
  readonly sample?: string;
  readonly read?: (path: string) => unknown;
  /** Nothing but `read` opens it without a sync. */
  readonly isApart?: true;
}[] = [
  { name: 'profile', path: () => layout.profileFile },
  {
    name: 'settings',
    path: () => installation.path('settings.json'),
    sample: '{"root":"/srv","client":"a","logFile":"/l"}',
  },
  { name: 'summary', path: () => layout.summary },
  { name: 'rclone.conf', path: () => layout.rcloneConfig, read: (path) => readRcloneConf(path) },
  { name: 'proof', path: () => state(/^proof-/) },
  { name: 'seal', path: () => state(/^seal-/) },
  { name: 'machine', path: () => join(layout.stateDirectory, 'machine') },
  {
    name: 'lock',
    path: () => vaultLock(layout, vault.encryptedDir),
    sample: '{"pid":1,"purpose":"sync","since":"2026"}',
    read: readLockHolder,
  },
  { name: 'ledger', path: () => layout.ledger },
  {
    name: 'schedule',
    path: () => scheduleFile(layout),
    sample: `{"version":1,"jobs":[{"kind":"mount","when":"at-boot","using":"cron","isUsers":false,"directory":"/srv/cron.d",
      "jitter":0,"onFailure":"x.service","credentials":[{"name":"key","file":"/etc/k","isEncrypted":true}],
      "call":{"program":{"node":"/bin/node","script":"/bin/run.js"},"path":"/bin","logFile":"/l","settingsFile":"/s"},
      "since":"2026-01-31T02:00:00Z"}]}`,
    read: () => readSchedule({ layout }),
  },
  {
    name: 'record',
    isApart: true,
    path: () => state(/^record-.*\.jsonl$/),
    read: (path) => [...(openRecord(path)?.entries() ?? [])],
  },
  {
    name: 'note of what is coming',
    isApart: true,
    path: () => join(layout.stateDirectory, 'record-default-x.jsonl.incoming'),
    sample: '{"state":"x","directory":"/srv"}',
    read: () => notesAbout(layout.stateDirectory, '/srv'),
  },
  {
    name: 'former base',
    isApart: true,
    path: () => join(layout.stateDirectory, 'base-default.json'),
    sample: '{"version":1,"remote":"r:p","generation":1,"digest":"x"}',
    read: readSyncBase,
  },
  {
    name: 'former index',
    isApart: true,
    path: () => join(layout.stateDirectory, 'index-default.jsonl'),
    sample: '{"version":1,"remote":"r:p","generation":1,"count":0}',
    read: readSyncIndex,
  },
  {
    name: 'base of both ways',
    isApart: true,
    path: () => join(installation.directory, 'base.json'),
    sample:
      '{"version":1,"subject":"s","at":"2026-01-01T00:00:00Z","local":[["a",1,"2026-01-01T00:00:00.000000000Z"]],"remote":[["a",1,"2026-01-01T00:00:00.000000000Z"]]}',
    read: (path) => readBase(join(path, '..')),
  },
  {
    name: 'journal of both ways',
    isApart: true,
    path: () => join(installation.directory, 'journal.json'),
    sample:
      '{"version":1,"subject":"s","at":"2026-01-01T00:00:00Z","preference":"newer","isAnew":false,"copies":[{"path":"a","to":"local","old":null,"target":{"size":1,"time":"2026-01-01T00:00:00.000000000Z"}}]}',
    read: (path) => readJournal(join(path, '..')),
  },
  {
    name: 'journal of a session',
    isApart: true,
    path: () => sessionJournal(layout),
    sample:
      '{"version":1,"tenantId":"a","workloadId":"w","claimedAt":"2026-01-01T00:00:00Z","encrypted":true,"mappings":[{"path":"p","generation":1,"sentAt":null}]}',
    read: () => readSessionJournal(layout),
  },
  { name: 'configuration of the engine', path: () => join(vault.encryptedDir, 'gocryptfs.conf') },
];

describe.each(files)('the $name', ({ path: pathOf, sample, read, isApart }) => {
  const around = async (run: (path: string, content: Buffer) => Promise<void>): Promise<void> => {
    const path = pathOf();
    const kept = readIfPresent(path);
    const content = kept ?? Buffer.from(`${sample ?? 'x'}\n`);
    try {
      await run(path, content);
    } finally {
      takeAway(path);
      if (kept !== undefined) writeFileSync(path, kept, { mode: 0o600 });
    }
  };
  const calls = async (path: string): Promise<(() => unknown)[]> => [
    ...(read === undefined ? [] : [() => read(path)]),
    ...(isApart ? [] : await looks()),
  ];

  it('is told, or says nothing, whatever stands in its place', async () => {
    await around(async (path, content) => {
      execFileSync('mkdir', ['-p', join(path, '..')]);
      const wrong: string[] = [];
      for (const [name, put] of misplaced) {
        takeAway(path);
        put(path, content);
        wrong.push(...(await wrongIn(name, await calls(path))));
      }
      expect(wrong).toEqual([]);
    });
  });

  it('is told, or says nothing, whatever its fields are', async () => {
    await around(async (path, content) => {
      const [first = '', ...rest] = content.toString('utf8').trimEnd().split('\n');
      const isLines = isJson(first);
      const document = isLines ? first : content.toString('utf8');
      if (!isJson(document)) return; // text without fields
      takeAway(path);
      const wrong: string[] = [];
      for (const [name, text] of fieldsOf(document)) {
        writeFileSync(path, `${[text, ...(isLines ? rest : [])].join('\n')}\n`, { mode: 0o600 });
        wrong.push(...(await wrongIn(name, await calls(path))));
      }
      expect(wrong.slice(0, 20)).toEqual([]);
    });
  });
});

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

describe('what lies on the remote', () => {
  const key = Buffer.alloc(32, 7);

  it.each([
    ['nothing', '', 'absent-on-empty'],
    ['NULs', (whole: string) => '\0'.repeat(whole.length), 'VERIFY_FAILED'],
    ['another heading', (whole: string) => whole.replace('check 1', 'check 2'), 'VERIFY_FAILED'],
    ['another owner', (whole: string) => whole.replace('vault-1', 'vault-2'), 'VAULT_FOREIGN'],
    ['no owner', (whole: string) => whole.replace('vault-1', '').padEnd(whole.length), 'VAULT_FOREIGN'],
    ['an owner of controls', (whole: string) => whole.replace('vault-1', '\u001b[2J..\0'), 'VERIFY_FAILED'],
    ['an owner without end', (whole: string) => whole.replace('vault-1\n', 'vault-1.'), 'VERIFY_FAILED'],
  ] as const)(
    'is believed only as a whole: the key check, where it is %s',
    async (name, content, expected) => {
      const root = installation.path('key-checks');
      const raw = sinkRemote({ type: 'local', root }, name.replaceAll(' ', '-'), 'data');
      // as a layer shows it whose key is right; what is cut or damaged below a layer is key-check.test.ts's
      const check = { raw, decrypted: raw, owner: 'vault-1' };
      const dependencies = { environment: cleanEnvironment };
      mkdirSync(join(root, name.replaceAll(' ', '-'), 'data'), { recursive: true });
      await putKeyCheck(check, dependencies);
      const file = join(root, name.replaceAll(' ', '-'), 'data', '.cryptosync', 'key-check');
      const whole = readFileSync(file, 'utf8');
      writeFileSync(file, typeof content === 'string' ? content : content(whole));
      const verdict = await verifyKeyCheck(check, dependencies).catch((error: unknown) => {
        expect(JSON.stringify(error).length).toBeLessThan(10_000);
        return toCryptosyncError(error).code;
      });
      expect(verdict).toBe(expected);
    },
  );

  it('is believed only where every field is what it must be: marker and announcement', async () => {
    const marker = readFileSync(vault.markerFile, 'utf8');
    const { seal: _, ...base } = JSON.parse(marker);
    const announced = { ...base, state: 'in-progress', base };
    delete announced.manifest;
    const wrong: string[] = [];
    const judge = (name: string, ...both: [Buffer | undefined, Buffer | undefined]): Promise<string[]> =>
      wrongIn(name, [
        () => {
          const seen = stateOf(...both);
          const marks = seen.kind === 'present' ? [seen.committed, seen.begun] : [];
          // who has the key asks for the seal of whatever is believed
          return [seen, ...marks.map((mark) => mark !== undefined && isSealed(mark, key))];
        },
      ]);
    for (const [name, text] of fieldsOf(marker))
      wrong.push(...(await judge(`marker: ${name}`, Buffer.from(text), undefined)));
    for (const [name, text] of fieldsOf(JSON.stringify({ ...announced, seal: 'x' })))
      wrong.push(...(await judge(`announcement: ${name}`, undefined, Buffer.from(text))));
    expect(wrong.slice(0, 20)).toEqual([]);
  });

  it('is believed only where every field is what it must be: manifests', async () => {
    const directory = join(vault.remoteDir, '.cryptosync', 'manifests');
    const [file = ''] = readdirSync(directory);
    const lines = gunzipSync(readFileSync(join(directory, file)))
      .toString('utf8')
      .trimEnd()
      .split('\n');
    const wrong: string[] = [];
    for (const at of [0, 1, lines.length - 1]) {
      for (const [name, text] of fieldsOf(lines[at] ?? '')) {
        const content = `${lines.with(at, text).join('\n')}\n`;
        wrong.push(
          ...(await wrongIn(`line ${at}: ${name}`, [() => decodeManifest(gzipSync(content), file, key)])),
        );
      }
    }
    const whole = readFileSync(join(directory, file));
    for (const cut of [0, 1, 10, whole.length / 2, whole.length - 1]) {
      const bytes = whole.subarray(0, cut);
      wrong.push(...(await wrongIn(`cut at ${cut}`, [() => decodeManifest(bytes, file, key)])));
    }
    expect(wrong.slice(0, 20)).toEqual([]);
  });
});

it('a record whose checksum is right is torn where a field is not what it must be', async () => {
  const path = state(/^record-.*\.jsonl$/);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n').slice(0, -1);
  const forged = installation.path('forged.jsonl');
  const amount = (text: string): number => {
    const { e } = Object(JSON.parse(text)) as { e?: unknown };
    return Array.isArray(e) ? e.length : 0;
  };
  const wrong: string[] = [];
  for (const at of [0, 1]) {
    for (const [name, text] of fieldsOf(lines[at] ?? '')) {
      if (!isJson(text) || /nested/.test(name)) continue;
      const all = lines.with(at, text);
      writeLines(forged, (writer) => {
        for (const line of all) writer.line(JSON.parse(line) as object);
        writer.end(all.slice(1).reduce((sum, line) => sum + amount(line), 0));
      });
      const read = (): unknown => {
        try {
          return [...(openRecord(forged)?.entries() ?? [])].length;
        } catch (error) {
          if (error instanceof RecordTorn) return 'torn';
          throw error;
        }
      };
      wrong.push(...(await wrongIn(`line ${at}: ${name}`, [read])));
    }
  }
  expect(wrong.slice(0, 20)).toEqual([]);
});
