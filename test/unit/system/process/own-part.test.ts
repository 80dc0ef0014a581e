import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findOwnPart, ownPart } from '../../../../src/system/process/own-part.ts';
import { scratchDirectory } from '../../../support/scratch.ts';

it.each([
  ['beside the module that asks', 'src/here', 'src/here/part.ts', true],
  ['above the chunk that it was bundled into', 'app/dist/chunks', 'app/dist/part.cjs', true],
  ['but not above what was built', 'app/dist/chunks', 'app/part.cjs', false],
  ['nor above a module of nobody’s build', 'tmp/bundle', 'tmp/part.cjs', false],
])('a part is found %s', (_where, from, place, isFound) => {
  const root = scratchDirectory();
  mkdirSync(join(root, from), { recursive: true });
  writeFileSync(join(root, place), '');
  expect(findOwnPart(join(root, from), 'part')).toBe(isFound ? join(root, place) : undefined);
  if (!isFound) expect(() => ownPart(join(root, from), 'part')).toThrow('has no part beside it');
});
