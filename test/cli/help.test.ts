/** `--help` of every command: what it says is complete, and what it shows as examples can be typed. */
import { readFileSync } from 'node:fs';
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

async function helpOf({ id }: Command): Promise<string> {
  const environment = { PATH: process.env['PATH'] };
  const args = [program, ...id.split(':'), '--help'];
  const result = await startProgram(process.execPath, args, environment).finished;
  expect([id, result.exitCode, result.stderr]).toEqual([id, 0, '']);
  return result.stdout;
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
