/** What a bidirectional sync refuses of a vault, whose files need each other. */
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { verifyPlan } from '../../../../src/sync/both-ways/guard.ts';
import type { Look } from '../../../../src/sync/both-ways/look.ts';
import type { BothWaysPlan } from '../../../../src/sync/both-ways/plan.ts';
import type { Job } from '../../../../src/sync/job.ts';
import { directorySource } from '../../../../src/sync/source.ts';
import { engineNamed } from '../../../../src/vaults/engines/engines.ts';
import { refusalOf } from '../../../support/refusal.ts';

const names = { cryfs: 'cryfs.config', gocryptfs: 'gocryptfs.conf' };

function jobOf(engine: keyof typeof names): Job {
  const directory = tmpdir();
  const source = {
    ...directorySource(directory, 'id'),
    kind: 'vault',
    engine,
    configFile: names[engine],
    isOneState: engineNamed(engine).isOneState,
    isDirectoryKey: engineNamed(engine).isDirectoryKey,
  } as const;
  const raw = { name: 'r', type: 'sftp', path: 'p', configFile: '/dev/null' };
  return {
    mapping: { source, raw, direction: 'bidirectional', mode: 'sync', include: [], crypt: undefined },
    view: raw,
    request: {},
    profile: {},
    settings: {
      deleteLimit: undefined,
      bandwidthLimit: undefined,
      flags: undefined,
      include: [],
      keepDeleted: 1,
      keepGenerations: 1,
      fullEvery: 1,
    },
    recordFile: '',
    machine: 'm',
    sealKey: undefined,
    localTrash: '',
    indexFile: '',
    baseFile: '',
    bothWaysDirectory: '',
  };
}

const entry = { size: 1, time: '2026-01-01T00:00:00.000000000Z' };
const many: Look = new Map(Array.from({ length: 20 }, (_, index) => [`block${index}`, entry]));
const now = { local: many, remote: many };

function planOf(
  conflicts: BothWaysPlan['conflicts'],
  deletions: BothWaysPlan['deletions'] = [],
): BothWaysPlan {
  const copies = conflicts.map(({ path, winner }) => {
    const to = winner === 'local' ? 'remote' : 'local';
    return { path, to, size: 1, replaces: true } as const;
  });
  return { copies, deletions, conflicts };
}

const standing = { wasSynced: true, emptiedHere: { local: false, remote: false }, uncarried: 0 };
const shape = { nameOf: (object: string) => object, newDirectories: [] };

const mine = { path: 'block1', winner: 'local' } as const;
const theirs = { path: 'block2', winner: 'remote' } as const;
const code = (engine: keyof typeof names, plan: BothWaysPlan, isAnew = false): string =>
  refusalOf(() => verifyPlan(jobOf(engine), { now, plan: plan, isAnew: isAnew, standing, shape })).code;

describe('a vault changed on both sides', () => {
  it('of CryFS is never put together out of two states', () => {
    expect(code('cryfs', planOf([mine]))).toBe('VAULT_MISMATCH');
    expect(code('cryfs', planOf([mine, theirs]), true)).toBe('VAULT_MISMATCH');
    verifyPlan(jobOf('cryfs'), { now, plan: planOf([theirs]), isAnew: true, standing, shape });
    verifyPlan(jobOf('gocryptfs'), { now, plan: planOf([mine, theirs]), isAnew: false, standing, shape });
  });

  it('of CryFS sends no block that a full disk has cut short, and takes a whole one for it', () => {
    const job = jobOf('cryfs');
    const source = { ...job.mapping.source, findTornFiles: () => ['block1'] };
    const torn = { ...job, mapping: { ...job.mapping, source } };
    const going = (to: 'local' | 'remote'): BothWaysPlan => ({
      ...planOf([]),
      copies: [{ path: 'block1', to, size: 1, replaces: true }],
    });
    expect(
      refusalOf(() => verifyPlan(torn, { now, plan: going('remote'), isAnew: false, standing, shape })).code,
    ).toBe('VERIFY_FAILED');
    verifyPlan(torn, { now, plan: going('local'), isAnew: false, standing, shape });
  });

  it.each(['cryfs', 'gocryptfs'] as const)('of %s keeps its configuration', (engine) => {
    const path = names[engine];
    expect(code(engine, planOf([{ path, winner: 'local' }]), true)).toBe('VAULT_MISMATCH');
    expect(code(engine, planOf([], [{ path, on: 'local', size: 1 }]))).toBe('VAULT_MISMATCH');
  });

  it('of gocryptfs has one key for a directory, and each file what it is decrypted with', () => {
    expect(code('gocryptfs', planOf([{ path: 'd/gocryptfs.diriv', winner: 'remote' }]))).toBe(
      'VAULT_MISMATCH',
    );
    expect(engineNamed('gocryptfs').companionsOf('d/gocryptfs.longname.x/f')).toEqual(
      expect.arrayContaining([
        'gocryptfs.diriv',
        'd/gocryptfs.diriv',
        'd/gocryptfs.longname.x/gocryptfs.diriv',
        'd/gocryptfs.longname.x.name',
      ]),
    );
    expect(engineNamed('cryfs').companionsOf('d/f')).toEqual([]);
  });
});
