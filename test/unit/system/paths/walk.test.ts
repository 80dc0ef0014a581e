/** The way to a directory: one that is plain is looked at by names, any other step by step, and both lead to the same. */
import {
  chmodSync,
  chownSync,
  fstatSync,
  lchownSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDirectory } from '../../../../src/system/paths/walk.ts';
import { scratchDirectory } from '../../../support/scratch.ts';

interface Scene {
  readonly root: string;
  readonly base: string;
  readonly end: string;
}

function scene(): Scene {
  const root = join(scratchDirectory(), 'root');
  const base = join(root, 'base');
  const end = join(base, 'a', 'b');
  mkdirSync(end, { recursive: true, mode: 0o700 });
  return { root, base, end };
}

function replaced(path: string, by: (path: string, former: string) => void): void {
  renameSync(path, `${path}.former`);
  by(path, `${path}.former`);
}

const link = (path: string, former: string): void => symlinkSync(former, path);

/** What may be odd about a way, and whether it is gone all the same. */
const oddities: Readonly<Record<string, readonly [(scene: Scene) => void, boolean]>> = {
  nothing: [() => {}, true],
  'a directory that all can write': [({ base }) => chmodSync(join(base, 'a'), 0o777), true],
  'a directory of somebody else': [({ base }) => chownSync(join(base, 'a'), 4711, 4711), true],
  'a link above the base': [({ root }) => replaced(root, link), true],
  'a link above the base, of somebody else': [
    ({ root }) => {
      replaced(root, link);
      lchownSync(root, 4711, 4711);
    },
    false,
  ],
  'a link below the base': [({ base }) => replaced(join(base, 'a'), link), false],
  'a link at its end': [({ end }) => replaced(end, link), false],
  'a file in it': [({ base }) => replaced(join(base, 'a'), (path) => writeFileSync(path, '')), false],
  'a file at its end': [({ end }) => replaced(end, (path) => writeFileSync(path, '')), false],
  'nothing at its end': [({ end }) => rmSync(end, { recursive: true }), false],
};

describe('the way to a directory', () => {
  it.for(Object.keys(oddities))('with %s leads to what stands there, or is refused', (name) => {
    const place = scene();
    const [make, isGone] = oddities[name] ?? [() => {}, false];
    make(place);
    const open = () => openDirectory(place.end, { base: place.base });
    if (!isGone) {
      expect(open).toThrow();
      return;
    }
    const directory = open();
    try {
      expect(fstatSync(directory.descriptor).ino).toBe(statSync(place.end).ino);
    } finally {
      directory.close();
    }
  });

  it.for(['nothing', 'a directory that all can write', 'a directory of somebody else'])(
    'with %s shows each step to whoever looks at it',
    (name) => {
      const place = scene();
      oddities[name]?.[0](place);
      const seen: string[] = [];
      openDirectory(place.end, { base: place.base, verify: (path) => seen.push(path) }).close();
      const expected = place.end
        .split('/')
        .map((_part, index, all) => all.slice(0, index + 1).join('/') || '/');
      expect([...new Set(seen)]).toEqual(expected);
      for (const refused of expected) {
        const refuse = (path: string): void => {
          if (path === refused) throw new Error(`${path} is refused`);
        };
        expect(() => openDirectory(place.end, { base: place.base, verify: refuse })).toThrow(
          `${refused} is refused`,
        );
      }
    },
  );

  // the look at it is over, and it is not open yet: the one moment in which its name could lead elsewhere
  it.for(['a directory that all can write', 'a directory of somebody else'])(
    'with %s leads to what was looked at, whatever others put there then',
    (name) => {
      const place = scene();
      oddities[name]?.[0](place);
      const { ino } = statSync(place.end);
      const exchange = (path: string): void => {
        if (path === place.end) replaced(path, (end) => mkdirSync(end));
      };
      const directory = openDirectory(place.end, { base: place.base, verify: exchange });
      try {
        expect(fstatSync(directory.descriptor).ino).toBe(ino);
      } finally {
        directory.close();
      }
    },
  );
});
