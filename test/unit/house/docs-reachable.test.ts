/** Whoever reads README gets everywhere, and README is one screen. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';

/** The pages and files below docs/ that a page links to. */
function linksOf(page: string): string[] {
  return [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)].map(
    ([, target = '']) => normalize(join(dirname(page), target)),
  );
}

it('leads from README to every page of docs/', () => {
  const reached = new Set(['README.md']);
  for (const page of reached) for (const link of linksOf(page)) if (link.endsWith('.md')) reached.add(link);
  const pages = globSync('docs/**/*.md');
  expect(pages.length).toBeGreaterThan(30);
  expect(pages.filter((page) => !reached.has(page))).toEqual([]);
});

it('lists every page at the top of docs/ in its index', () => {
  const listed = linksOf('docs/README.md');
  const pages = globSync('docs/*.md').filter((page) => page !== 'docs/README.md');
  expect(pages.filter((page) => !listed.includes(page))).toEqual([]);
});

it('has a README of one screen', () => {
  const lines = readFileSync('README.md', 'utf8').trimEnd().split('\n');
  expect(lines.length).toBeLessThanOrEqual(50);
});
