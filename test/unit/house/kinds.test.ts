/** The table of kinds in CONTRIBUTING.md: whatever it names exists. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const page = readFileSync(`${root}CONTRIBUTING.md`, 'utf8');
const rows = page
  .slice(page.indexOf('| kind |'))
  .split('\n')
  .slice(2)
  .filter((line) => line.startsWith('|'))
  .map((line) => {
    const [kind = '', place = '', holders = '', proofs = ''] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    return { kind, place, holders, proofs };
  });

const textOf = (path: string): string =>
  existsSync(`${root}${path}`) ? readFileSync(`${root}${path}`, 'utf8') : '';

/** `src/a/b.ts` `function`: pairs in backticks, the function optional. */
function pairsIn(cell: string): { file: string; name: string | undefined }[] {
  return [...cell.matchAll(/`((?:src|test)\/[^`]+\.ts)`(?: `([^`]+)`)?/g)].map(([, file = '', name]) => ({
    file,
    name,
  }));
}

describe('the table of kinds', () => {
  it('has rows, each with who holds the place and what proves it', () => {
    expect(rows.length).toBeGreaterThan(10);
    const bare = rows.filter(
      ({ holders, proofs }) => pairsIn(holders).length === 0 || pairsIn(proofs).length === 0,
    );
    expect(bare).toEqual([]);
  });

  it('names only files that exist', () => {
    const named = rows.flatMap(({ holders, proofs }) => [...pairsIn(holders), ...pairsIn(proofs)]);
    expect(named.filter(({ file }) => textOf(file) === '')).toEqual([]);
  });

  it('names only functions that their files define', () => {
    const wrong = rows
      .flatMap(({ holders }) => pairsIn(holders))
      .filter(({ file, name }) => {
        const defined = new RegExp(
          `(?:function\\*?|const|class|type|interface) ${name}\\b|^  (?:async )?#?${name}\\(`,
          'm',
        );
        return name !== undefined && !defined.test(textOf(file));
      });
    expect(wrong).toEqual([]);
  });

  it('names only tests that their files have', () => {
    const wrong = rows
      .flatMap(({ proofs }) => pairsIn(proofs))
      .filter(({ file, name }) => name !== undefined && !textOf(file).includes(name));
    expect(wrong).toEqual([]);
  });
});
