/** Paths by their text alone. */
import { expect, it } from 'vitest';
import { isWithin } from '../../../src/system/names.ts';

it.each([
  ['/a/b', '/a/b', true],
  ['/a/b/c', '/a/b', true],
  ['/a/bc', '/a/b', false],
  ['/a', '/a/b', false],
  ['/a/b', '/', true],
  ['/', '/', true],
  ['/', '/a', false],
])('whether %s lies within %s: %s', (path, directory, expected) => {
  expect(isWithin(path, directory)).toBe(expected);
});
