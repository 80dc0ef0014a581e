import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isUntouchedSince, type Stamp, stampsOf } from '../../../../src/system/paths/stamps.ts';
import { scratchDirectory } from '../../../support/scratch.ts';

const facts = ['device', 'inode', 'size', 'mode', 'owner', 'modification', 'change'];

describe('a stamp', () => {
  it.each(facts.map((fact, index) => [fact, index + 1] as const))(
    'of another %s vouches for nothing, be all else the same',
    (_, index) => {
      const top = scratchDirectory();
      mkdirSync(join(top, 'deep'));
      writeFileSync(join(top, 'deep', 'file'), 'content');
      const stamps = stampsOf(top, [join(top, 'deep', 'file')], Date.now() + 60_000) ?? [];
      expect(stamps.map((stamp) => [stamp[0], stamp.length])).toEqual(
        ['', '/deep', '/deep/file'].map((path) => [path, facts.length + 1]),
      );
      expect(isUntouchedSince(top, stamps)).toBe(true);
      for (const changed of stamps) {
        const others = stamps.map((stamp) =>
          stamp === changed ? (stamp.with(index, Number(stamp[index]) + 1) as unknown as Stamp) : stamp,
        );
        expect(isUntouchedSince(top, others)).toBe(false);
      }
    },
  );
});
