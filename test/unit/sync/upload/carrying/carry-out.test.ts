import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Place, PlaceFeatures } from '../../../../../src/remotes/place.ts';
import { directorySource, type SyncSource } from '../../../../../src/sync/source.ts';
import { scanTree } from '../../../../../src/sync/tree/scan.ts';
import { carryOut } from '../../../../../src/sync/upload/carrying/carry-out.ts';
import type { Refusals } from '../../../../../src/sync/upload/carrying/refusals.ts';
import { CryptosyncError } from '../../../../../src/system/errors.ts';
import { engineNamed } from '../../../../../src/vaults/engines/engines.ts';
import { scratchDirectory } from '../../../../support/scratch.ts';

const features: PlaceFeatures = {
  timePrecision: 1,
  movesFiles: true,
  movesDirectories: true,
  keepsEmptyDirectories: false,
  ignoresCase: false,
  takesBytes: true,
  respellsNames: false,
};

/** A place that takes everything but one file. */
function placeRefusing(refused: string): Place {
  const place: Partial<Place> = {
    name: 'disk:place',
    lanes: 2,
    tellsContent: false,
    features: async () => features,
    write: async () => {},
    removeFile: async () => {},
    async put(_source, path) {
      if (path === refused) throw new CryptosyncError('SYNC_FAILED', `it refuses ${path}`);
      return 'done';
    },
  };
  return place as Place;
}

/** Carries all files of a tree to it. @returns what it refused */
async function carry(source: SyncSource, refusing: string): Promise<Refusals> {
  const refused: Refusals = new Map();
  const puts = [...scanTree(source.directory)].filter(({ kind }) => kind === 'file');
  const nothing = { trash: [], removedDirectories: [], directoryRenames: [], renames: [] };
  const entries = new Map(puts.map((entry) => [entry.path, entry]));
  const more = { newDirectories: [], links: [], notCarried: [], refreshed: new Map() };
  const settings = { source, trash: 'trash', isEmpty: true, refused };
  await carryOut(placeRefusing(refusing), { ...nothing, ...more, puts, entries }, settings);
  return refused;
}

function sourceOf(engine: 'none' | 'gocryptfs' | 'cryfs'): SyncSource {
  const directory = scratchDirectory();
  for (const name of ['gocryptfs.conf', 'gocryptfs.diriv', 'cryfs.config', 'file'])
    writeFileSync(join(directory, name), name);
  const plain = directorySource(directory, 'of the test');
  if (engine === 'none') return plain;
  const { configFile, isOneState, isDirectoryKey } = engineNamed(engine);
  return { ...plain, configFile, isOneState, isDirectoryKey };
}

describe('one file that a place refuses', () => {
  it.each([
    ['none', 'gocryptfs.conf'],
    ['none', 'file'],
    ['gocryptfs', 'file'],
  ] as const)(
    'stops nothing else where the rest is worth something without it: %s, %s',
    async (engine, path) => {
      expect([...(await carry(sourceOf(engine), path)).keys()]).toEqual([path]);
    },
  );

  it.each([
    ['gocryptfs', 'gocryptfs.conf'],
    ['gocryptfs', 'gocryptfs.diriv'],
    ['cryfs', 'cryfs.config'],
    ['cryfs', 'file'],
  ] as const)('ends the run where the rest is worth nothing without it: %s, %s', async (engine, path) => {
    await expect(carry(sourceOf(engine), path)).rejects.toMatchObject({ message: `it refuses ${path}` });
  });
});
