import { afterEach, describe, expect, it } from 'vitest';
import { profileLayout } from '../../src/clients/layout.ts';
import { parseClientId, parseProfileName } from '../../src/clients/names.ts';
import type { VaultStatus } from '../../src/operations/status.ts';
import { successful, unsuccessful } from '../../src/operations/sync/sync-result.ts';
import { CryptosyncError } from '../../src/system/errors.ts';
import type { Reporter } from '../../src/terminal/base-command.ts';
import { overallError, toDocument } from '../../src/terminal/results.ts';
import { statusLines } from '../../src/terminal/status-table.ts';
import { reportSyncs } from '../../src/terminal/sync-report.ts';
import { reportVaults } from '../../src/terminal/vault-rows.ts';
import { contextFor } from '../support/context.ts';
import { scratchDirectory } from '../support/scratch.ts';

const failure = (code: ConstructorParameters<typeof CryptosyncError>[0]) => new CryptosyncError(code, 'x');

const layoutOf = (client: string) =>
  profileLayout('/root', parseClientId(client), parseProfileName('default'));

function collect() {
  const said: string[] = [];
  const told: string[] = [];
  let finished: CryptosyncError | undefined;
  const reporter: Reporter = {
    say: (line) => void said.push(line),
    tell: (error, subject) => void told.push(`${subject} ${error.code}`),
    finish(document, error) {
      finished = error;
      return document;
    },
  };
  return { said, told, reporter, error: () => finished };
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
    expect(toDocument([{ client: 'a' }], undefined)).toEqual({ results: [{ client: 'a' }] });
    expect(toDocument([], failure('PARTIAL'))).toMatchObject({
      results: [],
      error: { code: 'PARTIAL', exit: 3 },
    });
  });
});

describe('the report of syncs', () => {
  const heading = { source: '/e', remote: 'r:p', direction: 'upload', mode: 'sync' } as const;
  const outcome = { transferred: { files: 1, bytes: 1536, deleted: 2 }, generation: 4 };

  it('has a line for each success, a row for each, and the errors apart', () => {
    const { said, told, reporter, error } = collect();
    const document = reportSyncs(
      [
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
      ],
      false,
      reporter,
    );
    expect(said).toEqual([
      'a/default: synced to r:p: 1 file, 1.5 KiB, 2 deleted, in 1m05s (generation 4)',
      'b/default: r:p is up to date (generation 4)',
    ]);
    expect(told).toEqual(['c/default DELETE_LIMIT', 'd/default CLIENT_NOT_FOUND']);
    expect(error()).toMatchObject({ code: 'PARTIAL', exit: 3 });
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
    reportSyncs([{ layout: layoutOf('a'), result }], false, reporter);
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
    const { said, told, reporter, error } = collect();
    const mount = { state: 'mounted', mountDir: '/m', readOnly: false } as const;
    const document = await reportVaults(
      contextFor(scratchDirectory()),
      [
        { layout: layoutOf('a'), result: { ...mount, changed: true } },
        { layout: layoutOf('b'), result: { ...mount, changed: false, readOnly: true } },
        { layout: layoutOf('c'), result: { state: 'unmounted', mountDir: '/m', changed: true } },
        { layout: layoutOf('d'), result: { state: 'unmounted', mountDir: '/m', changed: false } },
        { layout: layoutOf('e'), error: failure('CLIENT_NOT_FOUND') },
      ],
      reporter,
    );
    expect(said).toEqual([
      'a/default: mounted at /m',
      'b/default: is mounted at /m already, to read only',
      'c/default: unmounted from /m',
      'd/default: was not mounted',
      '5 vaults: 1 of 5 failed.',
    ]);
    expect(told).toEqual(['e/default CLIENT_NOT_FOUND']);
    expect(error()).toMatchObject({ code: 'PARTIAL' });
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
  const vault: VaultStatus = {
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
  };

  it('has a row for each vault, and below it what is not in order', () => {
    process.stdout.isTTY = false;
    const bare: VaultStatus = {
      ...vault,
      client: 'b',
      engine: null,
      state: 'unknown',
      health: 'needs setup',
      notes: ['no profile yet'],
      mountDir: null,
      remote: null,
      lastSync: null,
    };
    const [table = '', ...rest] = statusLines([vault, bare], 200);
    const [narrow = ''] = statusLines([vault, bare], 80);
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
      'r:p (s3, NOT reachable)',
      '/m\\x1b[2J',
    ]);
    expect(second).toEqual(['b', 'default', '-', 'unknown', 'needs setup', 'never', '-', '-']);
    expect(rest).toEqual(['', 'b/default: no profile yet']);
  });

  it('says how to begin where there is nobody', () => {
    expect(statusLines([], 200).join()).toContain('cryptosync install');
  });
});
