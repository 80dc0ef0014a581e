import columnsTaken from 'fast-string-width';
import { describe, expect, it } from 'vitest';
import { wrapped } from '../../../../src/terminal/showing/style.ts';
import { renderTable } from '../../../../src/terminal/showing/table.ts';

/** What takes more columns, or fewer, than it has code units. */
const texts = ['日本語', '한글', 'ｱｲｳ', 'e\u0301tude', '👩‍👩‍👧', '𠮷野家', '\u001b[31mred\u001b[39m'];

describe('a table', () => {
  it.each(texts)('has its second column at one place, whatever stands before it: %o', (text) => {
    const lines = renderTable([
      ['NAME', 'STATE'],
      [text, 'here'],
      ['a', 'here'],
    ]).split('\n');
    const starts = lines.map((line) => columnsTaken(line.slice(0, line.search(/STATE|here/))));
    expect(new Set(starts).size).toBe(1);
    expect(starts[0]).toBe(Math.max('NAME'.length, columnsTaken(text)) + 2);
  });

  it('counts the columns that a terminal gives to a character', () => {
    expect(texts.map((text) => columnsTaken(text))).toEqual([6, 4, 3, 5, 2, 6, 3]);
  });
});

it.each(texts)('a text of %o is broken before the terminal does it', (text) => {
  const lines = wrapped(Array.from({ length: 40 }, () => text).join(' '), 40, 2).split('\n  ');
  expect(lines.length).toBeGreaterThan(1);
  for (const line of lines) expect(columnsTaken(line)).toBeLessThanOrEqual(38);
});
