import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pageText } from '../../../../src/terminal/guidance/page-text.ts';

const plain = (markdown: string, columns = 40): string =>
  pageText(markdown, { columns, heading: (text) => text.toUpperCase() });

describe('a page for a terminal', () => {
  it('has headings, broken paragraphs, and code as it is', () => {
    expect(
      plain(
        '# Some `code`\n\nA paragraph of *several* words\nthat is longer than a line.\n\n```sh\na  b   # c\n```\n',
      ),
    ).toBe('SOME CODE\n\nA paragraph of several words that is\nlonger than a line.\n\n  a  b   # c\n');
  });

  it('names the page that a link leads to', () => {
    expect(plain('See [exit codes](exit-codes.md#a), [sync.md](sync.md), [it](#there).')).toBe(
      'See exit codes (help exit-codes), sync,\nit.\n',
    );
    expect(plain('By [age](https://example.org/age).', 80)).toBe('By age (https://example.org/age).\n');
  });

  it('indents lists, nested ones too', () => {
    expect(plain('- one that is longer than a line of forty\n  - two\n- three\n')).toBe(
      '- one that is longer than a line of\n  forty\n  - two\n- three\n',
    );
    expect(plain('3. a\n4. b\n')).toBe('3. a\n4. b\n');
  });

  it('draws a table side by side, or one below the other where that is too wide', () => {
    expect(plain('| a | b |\n|---|---|\n| `x` | what it is, in some more words than fit |\n')).toBe(
      'a  b\n-  -------------------------------------\nx  what it is, in some more words than\n   fit\n',
    );
    const wide = `| name | meaning |\n|---|---|\n| ${'n'.repeat(30)} | what it is |\n`;
    expect(plain(wide.replace('what it is', 'what it is, at length'))).toBe(
      `${'n'.repeat(30)}\n  meaning: what it is, at length\n`,
    );
  });

  it.each(globSync('docs/*.md'))('can be made of %s, with no word of it lost', (file) => {
    const markdown = readFileSync(file, 'utf8');
    const text = plain(markdown, 80);
    expect(text).not.toMatch(/^#+ |^```/m);
    const words = (from: string): string[] => from.toLowerCase().match(/\p{L}{4,}/gu) ?? [];
    // what is in links' targets, in HTML and above the first column of a table is told otherwise
    const bare = markdown
      .replaceAll(/\]\([^)]*\)/g, ']')
      .replaceAll(/^.*\n(?=\|[ |:-]+\|$)/gm, '')
      .replaceAll(/<!--.*?-->/gs, '')
      .replaceAll(/^```\w+/gm, '');
    const kept = new Set(words(text));
    expect(words(bare).filter((word) => !kept.has(word))).toEqual([]);
  });
});
