import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { profileLayout } from '../../../src/clients/layout.ts';
import { parseClientId, parseProfileName } from '../../../src/clients/names.ts';
import { recorded } from '../../../src/runs/recorded.ts';
import { CryptosyncError } from '../../../src/system/errors.ts';
import { contextFor } from '../../support/context.ts';
import { rejectionOf } from '../../support/refusal.ts';
import { scratchDirectory } from '../../support/scratch.ts';

function place() {
  const root = scratchDirectory();
  const layout = profileLayout(root, parseClientId('a'), parseProfileName('default'));
  const entries = () =>
    readFileSync(layout.ledger, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  return { context: contextFor(root), layout, entries };
}

describe('a run that is recorded', () => {
  it('begins and ends in the log and in the ledger, with what it found out', async () => {
    const { context, layout, entries } = place();
    const result = await recorded(
      context,
      { layout, operation: 'sync' },
      async () => 7,
      () => ({ outcome: 'synced', facts: { generation: 3 } }),
    );
    expect(result).toBe(7);
    expect(context.logged).toEqual(['INFO a/default: sync begins', 'INFO a/default: sync ended: synced']);
    expect(entries()).toMatchObject([
      { event: 'started', operation: 'sync', at: '2026-01-31T02:00:00Z' },
      { event: 'ended', outcome: 'synced', generation: 3 },
    ]);
  });

  it('that fails is recorded with its code, and fails all the same', async () => {
    const { context, layout, entries } = place();
    const failing = recorded(
      context,
      { layout, operation: 'mount' },
      async () => Promise.reject(new CryptosyncError('WRONG_PASSWORD', 'no')),
      () => ({ outcome: 'mounted' }),
    );
    expect(await rejectionOf(failing)).toMatchObject({ code: 'WRONG_PASSWORD' });
    expect(entries().at(-1)).toMatchObject({ outcome: 'failed', error: 'WRONG_PASSWORD' });
    expect(context.logged.at(-1)).toBe('ERROR a/default: mount ended: failed: WRONG_PASSWORD no');
  });

  it('that is interrupted says so, and one that reports its failure as a result keeps its outcome', async () => {
    const { context, layout, entries } = place();
    const interrupted = recorded(
      context,
      { layout, operation: 'sync' },
      async () => Promise.reject(new CryptosyncError('INTERRUPTED', 'x')),
      () => ({ outcome: 'synced' }),
    );
    await rejectionOf(interrupted);
    expect(entries().at(-1)).toMatchObject({ outcome: 'interrupted', error: 'INTERRUPTED' });
    const error = new CryptosyncError('DELETE_LIMIT', 'too many');
    await recorded(
      context,
      { layout, operation: 'sync' },
      async () => 1,
      () => ({ outcome: 'refused', error }),
    );
    expect(entries().at(-1)).toMatchObject({ outcome: 'refused', error: 'DELETE_LIMIT' });
    expect(context.logged.at(-1)).toMatch(/^ERROR .*refused: DELETE_LIMIT/);
  });

  it('makes its directories before the ledger stands in them, and is logged also when that fails', async () => {
    const { context, layout } = place();
    const made: boolean[] = [];
    const prepare = () =>
      void made.push(mkdirSync(dirname(layout.ledger), { recursive: true }) !== undefined);
    await recorded(
      context,
      { layout, operation: 'install', prepare },
      async () => 1,
      () => ({ outcome: 'installed' }),
    );
    expect(made).toEqual([true]);
    const denied = () => {
      throw Object.assign(new Error('EACCES'), { code: 'EACCES', path: '/root' });
    };
    const failing = recorded(
      context,
      { layout, operation: 'install', prepare: denied },
      async () => 1,
      () => ({ outcome: 'installed' }),
    );
    await expect(failing).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(context.logged.at(-1)).toMatch(/install ended: failed: CONFIG_INVALID/);
  });

  it('is done although the ledger can not be written, and warns', async () => {
    const { context, layout } = place();
    mkdirSync(layout.ledger, { recursive: true });
    expect(
      await recorded(
        context,
        { layout, operation: 'sync' },
        async () => 7,
        () => ({ outcome: 'synced' }),
      ),
    ).toBe(7);
    expect(context.warnings.join()).toMatch(/ledger can't be written/);
  });
});
