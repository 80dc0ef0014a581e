import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  families,
  healthFamily,
  infoFamily,
  metricsText,
} from '../../../../src/operations/metrics/families.ts';
import type { VaultStatus } from '../../../../src/operations/status/status.ts';

const vault: VaultStatus = {
  ...{ client: 'client1', profile: 'default', engine: 'gocryptfs', state: 'mounted', health: 'healthy' },
  ...{ notes: [], mountDir: '/m', encryptedDir: '/e', lastElsewhere: null, places: [] },
  remote: { name: 'a "b" \\c', type: 'local', path: 'p', reachable: null },
  lastSync: {
    ...{ at: '2026-01-31T02:00:00Z', outcome: 'synced', generation: 3, filesTransferred: 5 },
    ...{ bytesTransferred: 1024, deleted: 0, durationMs: 1500 },
  },
  lastSuccess: '2026-01-31T02:00:00Z',
  lastVerification: {
    ...{
      at: '2026-01-30T02:00:00Z',
      outcome: 'verified',
      how: 'quick',
      remote: 'r:p',
      generation: 3,
      damaged: 0,
    },
  },
};
const nothing: VaultStatus = {
  ...vault,
  ...{ engine: null, state: 'unknown', health: 'error', remote: null },
  ...{ lastSync: null, lastSuccess: null, lastVerification: null },
};

/** The values of a text, by their names without labels. */
const valuesIn = (text: string): Record<string, number> =>
  Object.fromEntries(
    [...text.matchAll(/^(\w+)\{.*\} (\S+)$/gm)].map(([, name = '', value]) => [name, Number(value)]),
  );

describe('the metrics of a vault', () => {
  it('tell all that is known, in seconds and bytes', () => {
    const text = metricsText([vault]);
    expect(valuesIn(text)).toMatchObject({
      cryptosync_last_success_timestamp_seconds: Date.UTC(2026, 0, 31, 2) / 1000,
      cryptosync_last_run_timestamp_seconds: Date.UTC(2026, 0, 31, 2) / 1000,
      cryptosync_last_run_duration_seconds: 1.5,
      cryptosync_last_run_bytes: 1024,
      cryptosync_last_run_files: 5,
      cryptosync_last_run_deleted_files: 0,
      cryptosync_last_exit_code: 0,
      cryptosync_generation: 3,
      cryptosync_last_verified_timestamp_seconds: Date.UTC(2026, 0, 30, 2) / 1000,
      cryptosync_last_verification_damaged_files: 0,
      cryptosync_mounted: 1,
    });
    expect(text).toContain('cryptosync_health{client="client1",profile="default",health="healthy"} 1');
    expect(text).toContain('cryptosync_health{client="client1",profile="default",health="error"} 0');
    expect(text).toContain(String.raw`remote="a \"b\" \\c"`);
  });

  it('say nothing of what is not known, which is not 0', () => {
    const names = Object.keys(valuesIn(metricsText([nothing])));
    expect(names.sort()).toEqual(['cryptosync_health', 'cryptosync_profile_info']);
  });

  it.each([
    ['failed', 'REMOTE_UNREACHABLE', 14],
    ['refused', 'DELETE_LIMIT', 15],
    ['interrupted', 'INTERRUPTED', 130],
    ['failed', 'LOCKED', 75],
    ['failed', 'FROM_A_LATER_VERSION', 1],
    ['unfinished', undefined, undefined],
  ])('of a sync that was %s with %s have exit %s', (outcome, error, exit) => {
    const lastSync = { at: '2026-01-31T02:00:00Z', outcome, ...(error && { error }) };
    const values = valuesIn(metricsText([{ ...vault, lastSync }]));
    expect(values['cryptosync_last_exit_code']).toBe(exit);
  });

  it('of damage that was found are no verification', () => {
    const lastVerification = { ...vault.lastVerification, outcome: 'damaged', damaged: 2 };
    const values = valuesIn(metricsText([{ ...vault, lastVerification } as VaultStatus]));
    expect(values['cryptosync_last_verification_damaged_files']).toBe(2);
    expect(values).not.toHaveProperty('cryptosync_last_verified_timestamp_seconds');
    expect(values).toHaveProperty('cryptosync_last_verification_timestamp_seconds');
  });
});

describe('docs/monitoring', () => {
  const root = fileURLToPath(new URL('../../../../', import.meta.url));
  const read = (name: string): string => readFileSync(`${root}docs/monitoring/${name}`, 'utf8');
  const known = new Set([...families, healthFamily, infoFamily].map(({ name }) => name));
  const namesIn = (text: string): string[] => text.match(/\bcryptosync_\w+/g) ?? [];

  it('asks for metrics that there are, in the dashboard and in the rules', () => {
    const dashboard = JSON.parse(read('grafana-dashboard.json'));
    const asked = dashboard.panels.flatMap(({ targets }: { targets: { expr: string }[] }) =>
      targets.map(({ expr }) => expr),
    );
    const variables = dashboard.templating.list.map(({ definition = '' }) => definition);
    const names = namesIn([...asked, ...variables].join('\n'));
    expect(names.length).toBeGreaterThan(15);
    expect(names.filter((name) => !known.has(name))).toEqual([]);
    // each of them is looked at somewhere
    expect(
      [...known].filter((name) => !names.includes(name) && name !== 'cryptosync_last_run_timestamp_seconds'),
    ).toEqual([]);
    const inRules = namesIn(read('cryptosync.rules.yml').replaceAll(/^ *(#|description:|summary:).*$/gm, ''));
    expect(inRules.filter((name) => !known.has(name))).toEqual([]);
  });

  it('gives each panel of the dashboard a number and a place of its own', () => {
    const { panels } = JSON.parse(read('grafana-dashboard.json'));
    const ids = panels.map(({ id }: { id: number }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const cells = panels.flatMap(
      ({ gridPos: { x, y, w, h } }: { gridPos: Record<'x' | 'y' | 'w' | 'h', number> }) =>
        Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });

  it('names in the page every metric that there is', () => {
    const page = readFileSync(`${root}docs/watching.md`, 'utf8');
    expect([...known].filter((name) => !page.includes(`\`${name}`))).toEqual([]);
  });
});
