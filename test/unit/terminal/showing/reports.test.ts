import stringWidth from 'fast-string-width';
import { afterEach, describe, expect, it } from 'vitest';
import { profileLayout } from '../../../../src/clients/layout.ts';
import { parseClientId, parseProfileName } from '../../../../src/clients/names.ts';
import { overallError, resultsDocument } from '../../../../src/operations/several/results.ts';
import { vaultsDocument } from '../../../../src/operations/several/vault-rows.ts';
import type { VaultStatus } from '../../../../src/operations/status/status.ts';
import { syncsDocument } from '../../../../src/operations/sync/syncs-document.ts';
import { successful, unsuccessful } from '../../../../src/sync/result.ts';
import { CryptosyncError } from '../../../../src/system/errors.ts';
import type { Reporter } from '../../../../src/terminal/base-command.ts';
import { statusLines } from '../../../../src/terminal/showing/status-table.ts';
import { showSyncs } from '../../../../src/terminal/showing/sync-report.ts';
import { showVaults } from '../../../../src/terminal/showing/vault-rows.ts';
import { contextFor } from '../../../support/context.ts';
import { scratchDirectory } from '../../../support/scratch.ts';

const failure = (code: ConstructorParameters<typeof CryptosyncError>[0]) => new CryptosyncError(code, 'x');

const layoutOf = (client: string) =>
  profileLayout('/root', parseClientId(client), parseProfileName('default'));

function collect() {
  const said: string[] = [];
  const told: string[] = [];
  const reporter: Reporter = {
    isTalkative: true,
    say: (line) => void said.push(line),
    tell: (error, subject) => void told.push(`${subject} ${error.code}`),
    finish: (document) => document,
  };
  return { said, told, reporter };
}

describe('the error of a run over several profiles', () => {
  it.each([
    ['none', [undefined, undefined], undefined],
    ['its own for one profile', [failure('LOCKED')], 'LOCKED'],
    ['PARTIAL when one of several failed', [undefined, failure('LOCKED')], 'PARTIAL'],
    ['PARTIAL when all of several failed', [failure('LOCKED'), failure('LOCKED')], 'PARTIAL'],
    ['INTERRUPTED when it was, whatever else', [failure('LOCKED'), failure('INTERRUPTED')], 'INTERRUPTED'],
    ['none for nobody', [], undefined],
  ] as const)('is %s', (_, errors, code) => {
    expect(overallError(errors)?.code).toBe(code);
  });

  it('stands beside the results', () => {
    expect(resultsDocument([{ client: 'a' }] as { client: string; error?: CryptosyncError }[])).toEqual({
      results: [{ client: 'a' }],
    });
    const document = resultsDocument([{}, { error: failure('LOCKED') }]);
    expect(JSON.parse(JSON.stringify(document))).toMatchObject({
      results: [{}, { error: { code: 'LOCKED', exit: 75 } }],
      error: { code: 'PARTIAL', exit: 3 },
    });
  });
});

describe('the report of syncs', () => {
  const heading = { source: '/e', remote: 'r:p', direction: 'upload', mode: 'sync' } as const;
  const outcome = { transferred: { files: 1, bytes: 1536, deleted: 2 }, generation: 4 };

  it('has a line for each success, a row for each, and the errors apart', () => {
    const { said, told, reporter } = collect();
    const document = syncsDocument([
      {
        layout: layoutOf('a'),
        result: [successful(heading, { ...outcome, changed: true, consistent: true }, 65_000)],
      },
      {
        layout: layoutOf('b'),
        result: [successful(heading, { ...outcome, changed: false, consistent: true }, 1)],
      },
      { layout: layoutOf('c'), result: [unsuccessful(heading, failure('DELETE_LIMIT'), 1)] },
      { layout: layoutOf('d'), error: failure('CLIENT_NOT_FOUND') },
    ]);
    showSyncs(document, false, reporter);
    expect(said).toEqual([
      'a/default: synced to r:p: 1 file, 1.5 KiB, 2 deleted, in 1m05s (generation 4)',
      'b/default: r:p is up to date (generation 4)',
    ]);
    expect(told).toEqual(['c/default DELETE_LIMIT', 'd/default CLIENT_NOT_FOUND']);
    expect(document.error).toMatchObject({ code: 'PARTIAL', exit: 3 });
    expect(JSON.parse(JSON.stringify(document))).toMatchObject({
      results: [
        {
          client: 'a',
          profile: 'default',
          outcome: 'synced',
          strategy: 'full',
          filesTransferred: 1,
          deleted: 2,
          generation: 4,
          durationMs: 65_000,
        },
        { client: 'b', outcome: 'unchanged' },
        { client: 'c', outcome: 'refused', filesTransferred: 0, error: { code: 'DELETE_LIMIT', exit: 15 } },
        { client: 'd', error: { code: 'CLIENT_NOT_FOUND', exit: 10 } },
      ],
      error: { code: 'PARTIAL' },
    });
  });

  it('warns of a remote that may hold a mixture', () => {
    const { said, reporter } = collect();
    const result = [successful(heading, { ...outcome, changed: true, consistent: false }, 1)];
    showSyncs(syncsDocument([{ layout: layoutOf('a'), result }]), false, reporter);
    expect(said.join('\n')).toMatch(/mixture/);
  });

  it('calls a refusal refused and a failure failed', () => {
    expect(unsuccessful(heading, failure('LOCKED'), 1).outcome).toBe('refused');
    expect(unsuccessful(heading, failure('VAULT_EMPTY'), 1).outcome).toBe('refused');
    expect(unsuccessful(heading, failure('REMOTE_UNREACHABLE'), 1).outcome).toBe('failed');
    expect(unsuccessful(heading, failure('CONFIG_INVALID'), 1).outcome).toBe('failed');
  });
});

describe('the rows of mount and unmount', () => {
  it('say what happened to each vault, and what the kernel tells of one that failed', async () => {
    const { said, told, reporter } = collect();
    const mount = { state: 'mounted', mountDir: '/m', readOnly: false } as const;
    const document = await vaultsDocument(contextFor(scratchDirectory()), [
      { layout: layoutOf('a'), result: { ...mount, changed: true } },
      { layout: layoutOf('b'), result: { ...mount, changed: false, readOnly: true } },
      { layout: layoutOf('c'), result: { state: 'unmounted', mountDir: '/m', changed: true } },
      { layout: layoutOf('d'), result: { state: 'unmounted', mountDir: '/m', changed: false } },
      { layout: layoutOf('e'), error: failure('CLIENT_NOT_FOUND') },
    ]);
    showVaults(document, reporter);
    expect(said).toEqual([
      'a/default: mounted at /m',
      'b/default: is mounted at /m already, to read only',
      'c/default: unmounted from /m',
      'd/default: was not mounted',
      '5 vaults: 1 of 5 failed.',
    ]);
    expect(told).toEqual(['e/default CLIENT_NOT_FOUND']);
    expect(document.error).toMatchObject({ code: 'PARTIAL' });
    expect(JSON.parse(JSON.stringify(document)).results.at(-1)).toMatchObject({
      client: 'e',
      profile: 'default',
      state: 'unknown',
      mountDir: null,
      changed: false,
      error: { code: 'CLIENT_NOT_FOUND', exit: 10 },
    });
  });
});

describe('the table of status', () => {
  const before = process.stdout.isTTY;
  afterEach(() => {
    process.stdout.isTTY = before;
  });
  const now = new Date('2026-01-31T05:00:00Z');
  const vault: Omit<VaultStatus, 'error' | 'advice'> = {
    client: 'a',
    profile: 'default',
    engine: 'gocryptfs',
    state: 'mounted',
    health: 'healthy',
    notes: [],
    mountDir: '/m\x1b[2J',
    encryptedDir: '/e',
    remote: { name: 'r', type: 's3', path: 'p', reachable: false },
    lastSync: { at: '2026-01-31T02:00:00Z', outcome: 'synced' },
    lastSuccess: '2026-01-31T02:00:00Z',
    lastElsewhere: null,
    places: [],
    lastVerification: {
      at: '2026-02-01T02:00:05Z',
      outcome: 'verified',
      how: 'deep',
      remote: 'r:p',
      generation: 12,
      damaged: 0,
    },
  };

  it('has a row for each vault, and below it what is not in order', () => {
    process.stdout.isTTY = false;
    const bare: typeof vault = {
      ...vault,
      client: 'b',
      engine: null,
      state: 'unknown',
      health: 'needs setup',
      notes: ['no profile yet'],
      mountDir: null,
      remote: null,
      lastSync: null,
      lastVerification: null,
    };
    const [table = '', ...rest] = statusLines([vault, bare], { columns: Number.POSITIVE_INFINITY, now });
    const [narrow = ''] = statusLines([vault, bare], { columns: 80, now });
    expect(narrow.split('\n')[0]).not.toContain('MOUNT DIRECTORY');
    expect(table.split('\n')[0]).toContain('MOUNT DIRECTORY');
    const [heading, first, second] = table.split('\n').map((line) => line.split(/ {2,}/));
    expect(heading).toEqual([
      'CLIENT',
      'PROFILE',
      'ENGINE',
      'STATE',
      'HEALTH',
      'LAST SYNC',
      'VERIFIED',
      'REMOTE',
      'MOUNT DIRECTORY',
    ]);
    expect(first).toEqual([
      'a',
      'default',
      'gocryptfs',
      'mounted',
      'healthy',
      '2026-01-31T02:00:00Z synced',
      '2026-02-01 deep',
      'r:p (s3, NOT reachable)',
      '/m\\x1b[2J',
    ]);
    expect(second).toEqual(['b', 'default', '-', 'unknown', 'needs setup', 'never', 'never', '-', '-']);
    expect(rest).toEqual(['', 'b/default: no profile yet']);
  });

  it('is as wide as the terminal at the most, and tells what matters on each', () => {
    process.stdout.isTTY = false;
    const note = 'it was synced long ago, and the remote could not be asked since then';
    for (const columns of [200, 100, 80, 60, 40]) {
      const shown = statusLines([{ ...vault, notes: [note] }], { columns, now });
      const lines = shown.flatMap((text) => text.split('\n'));
      const words = lines.join(' ').split(/ +/);
      expect([columns, lines.filter((line) => line.length > columns)]).toEqual([columns, []]);
      expect(words).toEqual(expect.arrayContaining(['healthy', 'synced', 'r:p', 'reachable)', 'asked']));
    }
  });

  it('tells ages to who looks at it, and what is asked for in columns of their own', () => {
    process.stdout.isTTY = false;
    const waiting = { files: 3, bytes: 2048, deletions: 1, renames: 0, isNothing: false, unknown: null };
    const age = { successAge: 10_800, isOverdue: true };
    const lines = statusLines([{ ...vault, waiting, age }], { columns: 200, now }).join('\n');
    expect(lines).toContain('3 h ago synced');
    expect(lines).toContain('3 h ago OVERDUE');
    expect(lines).toContain('3 files, 2.0 KiB, 1 deleted');
    const nothing = { ...waiting, files: 0, deletions: 0 };
    const cells = [
      { ...nothing, isNothing: true },
      nothing,
      { files: null, bytes: null, deletions: null, renames: null, isNothing: null, unknown: 'no record' },
    ].map((one) => statusLines([{ ...vault, waiting: one }], { columns: 200, now }).join('\n'));
    expect(cells[0]).toContain(' nothing ');
    expect(cells[1]).toContain(' attributes ');
    expect(cells[2]).toContain(' unknown ');
    expect(cells[2]).toContain('a/default: what waits to be sent is not known: no record');
  });

  it('counts wide characters as the two columns that they take', () => {
    process.stdout.isTTY = false;
    const wide = { ...vault, remote: { name: 'r', type: 's3', path: '倉庫/'.repeat(9), reachable: null } };
    for (const columns of [80, 70, 60]) {
      const lines = statusLines([wide], { columns, now }).flatMap((text) => text.split('\n'));
      expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(columns);
      expect(lines.join('').replaceAll(' ', '').match(/倉庫/g)).toHaveLength(9);
    }
  });

  it('says how to begin where there is nobody', () => {
    expect(statusLines([], { columns: 200, now }).join()).toContain('cryptosync install');
  });
});
