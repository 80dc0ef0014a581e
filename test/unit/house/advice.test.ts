import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

/** The folders that know of no command line, and the words of the one that exists. */
const faces = ['commands', 'terminal'];

const files = (readdirSync('src', { recursive: true }) as string[])
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join('src', name));
const isFace = (file: string): boolean => faces.some((folder) => file.startsWith(join('src', folder, '/')));
const below = files.filter((file) => !isFace(file));

interface Manifest {
  readonly commands: Readonly<
    Record<string, { readonly flags: Readonly<Record<string, { readonly aliases?: readonly string[] }>> }>
  >;
}
const { commands } = JSON.parse(readFileSync('oclif.manifest.json', 'utf8')) as Manifest;
const flags = Object.values(commands).flatMap((command) =>
  Object.entries(command.flags).flatMap(([name, { aliases }]) => [name, ...(aliases ?? [])]),
);
const names = Object.keys(commands).map((id) => id.replaceAll(':', ' '));
const spelled = new RegExp(
  String.raw`--(?:${[...new Set(flags)].join('|')})(?![\w-])|\bcryptosync (?:${names.join('|')})(?![\w-])`,
);

/** A literal that is one word and a flag is an argument of a child's, where there are children. */
const argument = /^--[a-z-]+$/;
const makersOfArguments = [
  'src/remotes/',
  'src/vaults/engines/',
  'src/clients/scripts.ts',
  // a job is a call of this program, and systemctl has a --user as well
  'src/schedules/job.ts',
  'src/schedules/systemd/systemctl.ts',
];

/** Texts that are not for people: what the helper scripts say of themselves. */
const allowed = [/^\n?# Made by cryptosync install; an install makes it anew\./m];

/** What a file's literals say; the parts of a template one by one. */
function literalsIn(file: string): { text: string; isWhole: boolean }[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: { text: string; isWhole: boolean }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) found.push({ text: node.text, isWhole: true });
    else if (ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
      found.push({ text: node.text, isWhole: false });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

it('knows the flags and commands that it looks for', () => {
  for (const text of ['use --max-delete 5', 'try: cryptosync key generate', '--client-id x', '--force'])
    expect(text).toMatch(spelled);
  for (const text of ['cryptosync key check 1', '--max-deletes', 'a link of cryptosync', '--filter'])
    expect(text).not.toMatch(spelled);
});

it.each(below)('%s names no flag and no command of the command line', (file) => {
  const makesArguments = makersOfArguments.some((place) => file.startsWith(place));
  const said = literalsIn(file)
    .filter(({ text }) => spelled.test(text) && !allowed.some((known) => known.test(text)))
    .filter(({ text, isWhole }) => !(makesArguments && isWhole && argument.test(text)))
    .map(({ text }) => text);
  expect(said).toEqual([]);
});

it('has no advice that nobody gives', () => {
  const given = new Set(
    files
      .filter((file) => !/^src\/(system|terminal)\/advice\//.test(file))
      .flatMap(literalsIn)
      .map(({ text }) => text),
  );
  const folder = 'src/system/advice';
  const keys = readdirSync(folder).flatMap((name) =>
    literalsIn(join(folder, name))
      .map(({ text }) => text)
      .filter((text) => /^[a-z]+(-[a-z]+)*$/.test(text)),
  );
  expect(keys.length).toBeGreaterThan(100);
  expect(keys.filter((key) => !given.has(key))).toEqual([]);
  expect(keys.length).toBe(new Set(keys).size);
});
