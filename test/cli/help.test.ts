/** `--help` of every command: what it says is complete, and what it shows as examples can be typed. */
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { program, startProgram } from '../support/running-command.ts';

interface Flag {
  readonly name: string;
  readonly char?: string;
  readonly aliases?: readonly string[];
  readonly allowNo?: boolean;
  readonly options?: readonly string[];
  readonly type: 'boolean' | 'option';
}
interface Command {
  readonly id: string;
  readonly examples?: readonly string[];
  readonly flags: Readonly<Record<string, Flag>>;
  readonly args: Readonly<Record<string, { required?: boolean }>>;
  readonly strict?: boolean;
}

/** What the build made of the commands. */
const manifest: { commands: Record<string, Command> } = JSON.parse(
  readFileSync(new URL('../../oclif.manifest.json', import.meta.url), 'utf8'),
);
const commands = Object.values(manifest.commands);

async function helpOf({ id }: Command, flag = '--help'): Promise<string> {
  return await printed(...id.split(':'), flag);
}

async function printed(...words: readonly string[]): Promise<string> {
  const environment = { PATH: process.env['PATH'] };
  const result = await startProgram(process.execPath, [program, ...words], environment).finished;
  expect([words, result.exitCode, result.stderr]).toEqual([words, 0, '']);
  return result.stdout;
}

/** The flags that a help explains, each in a line of its own. */
function explained(help: string): string[] {
  return [...help.matchAll(/^ {2,6}(?:-\w, )?--(?:\[no-\])?([\w-]+).*? {2}/gm)]
    .map(([, name = '']) => name)
    .sort();
}

function findFlag(command: Command, word: string): Flag | undefined {
  const name = word.replace(/^--?/, '').replace(/=.*/, '');
  return Object.values(command.flags).find(
    (flag) =>
      flag.name === name ||
      flag.aliases?.includes(name) ||
      (flag.char === name && !word.startsWith('--')) ||
      (flag.allowNo && name === `no-${flag.name}`),
  );
}

/** The words of an example after the command's name that are no flags and no values of flags. */
function argumentsOf(command: Command, words: readonly string[]): string[] {
  const found: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (word === '--') return [...found, ...words.slice(index + 1)];
    if (!word.startsWith('-')) {
      found.push(word);
      continue;
    }
    const flag = findFlag(command, word);
    expect([command.id, word, flag !== undefined]).toEqual([command.id, word, true]);
    if (flag?.type !== 'option' || word.includes('=')) continue;
    index += 1;
    const value = words[index] ?? '';
    expect(value).not.toBe('');
    if (flag.options !== undefined) expect(flag.options).toContain(value);
  }
  return found;
}

describe('the help', () => {
  it.each(commands)(
    'of $id says what it does, its exit codes, its environment and examples',
    async (command) => {
      const help = await helpOf(command);
      for (const heading of ['USAGE', 'DESCRIPTION', 'EXAMPLES']) expect(help).toContain(`\n${heading}\n`);
      // long lines are wrapped
      const text = help.replaceAll(/\n {2,}(?=\S)/g, ' ');
      expect(text).toMatch(/ Exit codes: 0 [^\n]*, 2 [^\n]*\.\n/);
      expect(text).toMatch(/ Environment: [^\n]*CRYPTOSYNC_CONFIG \([^\n]*\.\n/);
      const flags = Object.keys(command.flags);
      if (flags.includes('password-file')) expect(help).toContain('CRYPTOSYNC_PASSWORD (');
      if (flags.includes('encryption-key-file')) expect(help).toContain('CRYPTOSYNC_ENCRYPTION_KEY (');
      for (const [flag, variable] of [
        ['client', 'CRYPTOSYNC_CLIENT'],
        ['profile', 'CRYPTOSYNC_PROFILE'],
        ['root', 'CRYPTOSYNC_ROOT'],
      ] as const)
        if (flags.includes(flag)) expect(help).toContain(`[env: ${variable}]`);
    },
  );

  it.each(commands)('of $id is a page of 80 columns, and names every flag', async (command) => {
    const help = await helpOf(command);
    const lines = help.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(80);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    const all = Object.keys(command.flags).sort();
    const rarely = /^RARELY NEEDED\n((?: {2}.*\n)+)/m.exec(help)?.[1] ?? '';
    const named = [...rarely.matchAll(/--([\w-]+)[,:]/g)].map(([, name = '']) => name);
    expect([...explained(help), ...named].sort()).toEqual(all);
  });

  it('of a command explains every flag with --help-all', async () => {
    const sync = commands.find(({ id }) => id === 'sync') as Command;
    const help = await helpOf(sync, '--help-all');
    expect(explained(help)).toEqual(Object.keys(sync.flags).sort());
    expect(help.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it.each(commands)('of $id has examples of flags and arguments that there are', (command) => {
    const { examples = [] } = command;
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      const words = example
        .replaceAll('<%= config.bin %>', 'cryptosync')
        .split(' ')
        .filter((word) => word !== '');
      if (words.some((word) => word.startsWith('<('))) continue; // it is given to a shell
      expect(words.shift()).toBe('cryptosync');
      const name = command.id.split(':');
      expect(words.splice(0, name.length)).toEqual(name);
      // a pipe or a redirection is the shell's
      const end = words.findIndex((word) => ['|', '>', '<', '>>', '&&'].includes(word));
      const given = argumentsOf(command, end < 0 ? words : words.slice(0, end));
      if (command.strict === false) continue;
      const wanted = Object.values(command.args);
      expect(given.length).toBeLessThanOrEqual(wanted.length);
      expect(given.length).toBeGreaterThanOrEqual(wanted.filter(({ required }) => required).length);
    }
  });
});

describe('cryptosync help', () => {
  it('shows the help of a command, also where a page has its name', async () => {
    const sync = await printed('sync', '--help');
    expect(await printed('help', 'sync')).toBe(sync);
    expect(await printed('help', 'config', 'get')).toBe(await printed('config', 'get', '--help'));
    expect(await printed('help')).toBe(await printed('--help'));
    expect(await printed('help', '--help')).toContain('help topics');
    expect(JSON.parse(await printed('help', 'config', '--json'))).toMatchObject({
      command: 'config',
      flags: expect.arrayContaining(['client', 'json']),
      commands: expect.arrayContaining(['config get']),
    });
    expect(JSON.parse(await printed('help', '--json')).commands).toContain('sync');
  });

  it('shows the pages of the documentation, and lists them', async () => {
    const topics = await printed('help', 'topics');
    const names = globSync('docs/*.md').map((page) => page.slice('docs/'.length, -'.md'.length));
    expect(names.length).toBeGreaterThan(20);
    for (const name of names.filter((one) => one !== 'README'))
      expect(topics).toMatch(new RegExp(`^${name} +\\S`, 'm'));
    const page = await printed('help', 'exit-codes');
    expect(page).toMatch(/^Exit codes\n/);
    expect(page.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(await printed('help', 'docs', 'sync')).not.toBe(await printed('help', 'sync'));
    expect(JSON.parse(await printed('help', 'cryfs', '--json'))).toMatchObject({
      topic: 'cryfs',
      title: 'CryFS',
    });
  });
});

describe('what is mistyped', () => {
  it.each([
    [['statsu'], 'Did you mean: cryptosync status'],
    [['sesion', 'list'], 'Did you mean: cryptosync session list'],
    [['session', 'lst'], 'Did you mean: cryptosync session list'],
    [['config', 'gett', 'root'], 'Did you mean: cryptosync config get'],
    [['config', 'shwo'], 'What there is of config: cryptosync config get, '],
    [['entirely-else'], 'See which there are: cryptosync --help'],
    [['sync', '--dryrun'], 'Did you mean --dry-run?'],
    [['status', '--al'], 'Did you mean --all?'],
    [['install', '--nolinks'], 'Did you mean --no-links?'],
    [['sync', '--entirely-else'], 'See --help.'],
    [['statsu', '--help'], 'Did you mean: cryptosync status'],
    [['help', 'opertaing'], 'Did you mean: cryptosync help operating'],
  ])('as %j ends with 2 and tells the nearest', async (words, advice) => {
    const environment = { PATH: process.env['PATH'], HOME: '/nonexistent', CRYPTOSYNC_LOG: '/dev/stderr' };
    const args = [program, ...words];
    const plain = await startProgram(process.execPath, args, environment).finished;
    expect([plain.exitCode, plain.stdout]).toEqual([2, '']);
    expect(plain.stderr).toContain(`next:  ${advice}`);
    const { json, exitCode } = await startProgram(process.execPath, [...args, '--json'], environment)
      .finished;
    expect(exitCode).toBe(2);
    expect(json.error).toMatchObject({ code: 'USAGE', exit: 2 });
    expect(json.error.hint).toContain(advice);
  });
});
