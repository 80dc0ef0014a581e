/** The documentation and the commands must not drift apart: oclif.manifest.json is what the build says there is. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

interface Flag {
  readonly char?: string;
  readonly aliases?: readonly string[];
  readonly allowNo?: boolean;
  readonly hidden?: boolean;
}

interface Manifest {
  readonly commands: Readonly<
    Record<string, { readonly flags: Readonly<Record<string, Flag>>; readonly args: object }>
  >;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8');
const { commands } = JSON.parse(read('oclif.manifest.json')) as Manifest;
const pages = [
  ...globSync('*.md', { cwd: root, exclude: ['CHANGELOG.md'] }),
  ...globSync('docs/*.md', { cwd: root }),
];

/** How a command's flags can be written. */
function spellings(id: string): Set<string> {
  const flags = Object.entries(commands[id]?.flags ?? {});
  return new Set([
    '--help',
    ...flags.flatMap(([name, { char, aliases = [], allowNo }]) => [
      `--${name}`,
      ...aliases.map((alias) => `--${alias}`),
      ...(allowNo ? [`--no-${name}`] : []),
      ...(char === undefined ? [] : [`-${char}`]),
    ]),
  ]);
}

/** The calls of cryptosync in code of a page: in blocks and between backticks. */
function callsIn(page: string): string[][] {
  const text = read(page);
  const code = [...text.matchAll(/```\w*\n([\s\S]*?)```/g), ...text.matchAll(/`([^`\n]+)`/g)];
  return code
    .flatMap(([, part = '']) => part.split('\n'))
    .flatMap((line) => [...line.matchAll(/(?:^|[\s/=])cryptosync ((?:[a-z]|--)[^#|>;]*)/g)])
    .map(([, words = '']) => words.trim().split(/\s+/));
}

/** The command that a call begins with, of two words where there is one. */
function commandOf([first = '', second = '']: readonly string[]): string | undefined {
  const whole = `${first}:${second}`;
  if (whole in commands) return whole;
  const isTopic = Object.keys(commands).some((id) => id.startsWith(`${first}:`));
  const takesNoArgument = Object.keys(commands[first]?.args ?? {}).length === 0;
  // `config gett` is not `config` with an argument
  if (isTopic && takesNoArgument && /^[a-z]/.test(second)) return undefined;
  return first in commands ? first : undefined;
}

describe('the documentation', () => {
  it.each(pages)('%s names only commands and flags that exist', (page) => {
    const problems = callsIn(page).flatMap((words) => {
      const id = commandOf(words);
      if (id === undefined) return words[0]?.startsWith('--') ? [] : [`no command: ${words.join(' ')}`];
      const end = words.indexOf('--');
      const own = end < 0 ? words : words.slice(0, end);
      const flags = own.flatMap((word) => /^--?[a-z][\w-]*/.exec(word)?.[0] ?? []);
      return flags.filter((flag) => !spellings(id).has(flag)).map((flag) => `${id} has no ${flag}`);
    });
    expect(problems).toEqual([]);
  });

  it('has calls to check on most pages', () => {
    expect(pages.filter((page) => callsIn(page).length > 0).length).toBeGreaterThan(5);
  });

  it('describes every command and each of its flags in docs/commands.md', () => {
    const text = read('docs/commands.md');
    const missing = Object.entries(commands).flatMap(([id, { flags }]) => {
      const name = id.replaceAll(':', ' ');
      const isThere = text.includes(`## ${name}\n`) || text.includes(`cryptosync ${name}`);
      const unnamed = Object.entries(flags).filter(
        ([flag, { hidden }]) => !hidden && !new RegExp(`\`--${flag}(?![\\w-])`).test(text),
      );
      return [...(isThere ? [] : [id]), ...unnamed.map(([flag]) => `${id} --${flag}`)];
    });
    expect(missing).toEqual([]);
  });

  it('links only to pages and headings that exist', () => {
    const headings = (page: string): string[] =>
      [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
        title
          .toLowerCase()
          .replaceAll(/[^\w\s-]/g, '')
          .replaceAll(/\s/g, '-'),
      );
    const known = new Set([...pages, 'CHANGELOG.md', ...globSync('docs/monitoring/*', { cwd: root })]);
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:)([^)#]*)#?([^)]*)\)/g)].flatMap(
        ([link, target = '', anchor = '']) => {
          const path = target === '' ? page : page.startsWith('docs/') ? `docs/${target}` : target;
          if (!known.has(path)) return [`${page}: ${link}`];
          return anchor === '' || headings(path).includes(anchor) ? [] : [`${page}: ${link}`];
        },
      ),
    );
    expect(broken).toEqual([]);
  });
});
