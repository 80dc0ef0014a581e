/** Patterns of what is synced are read by us: each means what it means to rclone, or is refused. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { includes } from '../../src/sync/include.ts';
import { refusalOf } from '../support/refusal.ts';

const names = [
  ...['a', 'b', 'ab', 'abc', 'a.txt', 'b.txt', 'a.tmp', 'A.TXT', 'ä.txt', '😀.txt', '.hidden', '.a.txt'],
  ...[
    'a b',
    ' a',
    'a ',
    'a,b',
    'a|b',
    'a(b)',
    'a+b',
    'a^b',
    'a$',
    'a{b}',
    'a[b]',
    '[ab]',
    '!a',
    '-a',
    '#a',
    'a*',
    'a?b',
  ],
  ...['a\\b', 'a!', '1', '12', 'x1', 'a-z', 'x_1', 'a]b', 'a\u00a0b'],
  ...['dir/a', 'dir/a.txt', 'dir/b', 'dir/sub/a.txt', 'dir/sub/c', 'dir2/a.txt', 'a/dir.txt/b'],
  ...['x/y', 'x/a/y', 'x/a/b/y', 'xy', 'x.y', 'xay'],
].filter((name) => name !== 'a');

const understood = [
  ...[
    '*',
    '**',
    '?',
    '??',
    '*.txt',
    '/*.txt',
    '*.{txt,tmp}',
    '{a,b}*',
    'a{,bc}',
    '{a.txt,dir/*}',
    'a',
    '/a.txt',
    'a b',
  ],
  ...[
    'dir/**',
    '/dir/**',
    'dir/*',
    '/dir/*/a.txt',
    'dir/',
    '/dir/',
    '**/a.txt',
    '**a.txt',
    'd*/a.txt',
    'dir*',
    'x?y',
  ],
  ...[
    'x*y',
    'x**y',
    'x/**/y',
    'x/*/y',
    'x[^a]y',
    '[ab]',
    '[ab]*',
    '[!a]*',
    '[^a]*',
    '[a-c]*',
    '[a-]*',
    '[-a]*',
    '[0-9]',
  ],
  ...[
    '[\\d]',
    '[\\w]',
    '\\d',
    '\\d\\d',
    'x\\d',
    '\\w',
    '\\*',
    'a\\*',
    'a\\?b',
    'a\\[b\\]',
    '\\[ab\\]',
    'a\\{b\\}',
    'a\\\\b',
  ],
  ...[
    'a,b',
    '{a\\,b,x}',
    'a|b',
    'a(b)',
    'a+b',
    'a^b',
    'a$',
    '^a',
    '(',
    ')',
    'a.b',
    '.*',
    '.?*',
    ' a',
    'a ',
    '#a',
    '!a',
    '-a',
  ],
  ...[
    '{{.*}}',
    '{{a.*}}',
    '{{[ab]}}',
    '{{a|b}}',
    '{{(a|b)}}.txt',
    'a{{.?}}',
    '{{(?:a|b)+}}',
    '{{^a}}',
    '{{a$}}',
    '{{\\d+}}',
  ],
  ...[
    '{{\\w+}}',
    'x{{[0-9]{1,2}}}',
    '{{a\\s?b}}',
    'a[\\s]b',
    '{{[^/]+}}',
    '{{x.*y}}',
    'ä*',
    '😀*',
    '?.txt',
    '*\\.txt',
  ],
  ...[
    '{}',
    '{a}',
    '{,a.txt}',
    '{[}]}',
    'dir/{a,b}',
    '{dir,x}/**',
    '/{dir,x}/**/a.txt',
    '*{1,2}',
    'a\\-z',
    'a!',
    '\\!a',
    'A.TXT',
  ],
];

const refused = [
  ...[
    '',
    '***',
    'a***b',
    '{a',
    'a}',
    '{a,{b,c}}',
    '[',
    '[]',
    '[a',
    'a\\',
    '[z-a]',
    '[[a]',
    '{{(}}',
    '{{[}}',
    '[[:alpha:]]',
  ],
  // rclone takes these, and JavaScript has no word for them, or another meaning
  ...[
    '{{(?i)a}}',
    '{{(?P<n>a)}}',
    '{{\\pL}}',
    '{{\\Qa\\E}}',
    '{{\\Aa}}',
    '{{a\\z}}',
    '{{[[:alpha:]]}}',
    '\\a',
    '\\ä',
    '\\1',
  ],
  ...['{{(?=a)}}', '{{(a)\\1}}', 'a\nb'],
];

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'cryptosync-patterns-'));
  for (const name of names) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), '');
  }
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function byRclone(pattern: string): string[] {
  const args = [
    'lsf',
    '--config=',
    '--recursive',
    '--files-only',
    '--filter',
    `+ ${pattern}`,
    '--filter',
    '- *',
  ];
  const { status, stdout, stderr } = spawnSync('rclone', [...args, directory], { encoding: 'utf8' });
  expect([pattern, status, stderr]).toEqual([pattern, 0, '']);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

describe('a pattern of what is synced', () => {
  it.each(understood)('%j lets through what rclone lets through', (pattern) => {
    const isIncluded = includes([pattern]);
    expect(names.filter(isIncluded).sort()).toEqual(byRclone(pattern));
  });

  it('is looked for at any depth when it does not begin with a slash', () => {
    // as rclone.org/filtering says; a walk of rclone's own does not enter a directory that no pattern names
    const isIncluded = includes(['dir/*.txt']);
    expect(
      ['dir/a.txt', 'other/dir/a.txt', 'a/b/dir/c.txt', 'dir/sub/a.txt', 'xdir/a.txt'].filter(isIncluded),
    ).toEqual(['dir/a.txt', 'other/dir/a.txt', 'a/b/dir/c.txt']);
  });

  it('that means everything means names with a line feed, too', () => {
    expect(['a\nb', 'dir/a\nb'].map(includes(['**']))).toEqual([true, true]);
  });

  it.each(refused)('%j is refused', (pattern) => {
    expect(refusalOf(() => includes([pattern]))).toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
