import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { incomingFor, recoverSwap, swapIn } from '../../src/operations/sync/swap.ts';
import { scratchDirectory } from '../support/scratch.ts';

const now = new Date('2026-11-21T20:00:00.500Z');
let place: string;
let directory: string;

function make(path: string, content: string): string {
  mkdirSync(path);
  writeFileSync(join(path, 'file'), content);
  return path;
}
const contentOf = (path: string): string => readFileSync(join(path, 'file'), 'utf8');
const besides = (): string[] => readdirSync(place).filter((name) => name !== 'files');

beforeEach(() => {
  place = scratchDirectory();
  directory = make(join(place, 'files'), 'old');
});

describe('a swap', () => {
  it('takes the old directory away, or keeps it where nothing else is', () => {
    expect(swapIn(make(incomingFor(directory), 'new'), directory, false, now)).toBeUndefined();
    expect([contentOf(directory), besides()]).toEqual(['new', []]);
    const kept = [2, 3].map((count) => {
      return swapIn(make(incomingFor(directory), `new ${count}`), directory, true, now) ?? '';
    });
    expect(kept).toEqual([
      join(place, '.files.before-2026-11-21T20-00-00Z'),
      join(place, '.files.before-2026-11-21T20-00-00Z-2'),
    ]);
    expect([contentOf(directory), ...kept.map(contentOf)]).toEqual(['new 3', 'new', 'new 2']);
  });

  it('needs no old one', () => {
    renameSync(directory, incomingFor(directory));
    expect(swapIn(incomingFor(directory), directory, true, now)).toBeUndefined();
    expect([contentOf(directory), besides()]).toEqual(['old', []]);
  });

  it.each(['replaced', 'previous'])('that was killed before the new one came goes back (%s)', (word) => {
    renameSync(directory, join(place, `.files.${word}`));
    make(incomingFor(directory), 'new');
    recoverSwap(directory, now);
    expect([contentOf(directory), besides()]).toEqual(['old', ['.files.incoming']]);
  });

  it('that was killed at its end keeps what was to be kept, and nothing else', () => {
    renameSync(directory, join(place, '.files.replaced'));
    make(directory, 'new');
    make(join(place, '.files.previous'), 'of another run');
    recoverSwap(directory, now);
    const kept = '.files.before-2026-11-21T20-00-00Z';
    expect([contentOf(directory), besides()]).toEqual(['new', [kept]]);
    expect(contentOf(join(place, kept))).toBe('old');
    recoverSwap(directory, now);
    expect(existsSync(join(place, kept))).toBe(true);
  });
});
