import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type PasswordDependencies,
  type PasswordSources,
  readPassword,
  verifyPassword,
} from '../../../src/secrets/password.ts';
import { Secret } from '../../../src/secrets/secret.ts';
import { hintOf, refusalOf, rejectionOf } from '../../support/refusal.ts';
import { scratchDirectory } from '../../support/scratch.ts';

const base: PasswordSources = { credential: 'cryptosync-a-default', subject: 'a/default' };

async function read(
  sources: Partial<PasswordSources>,
  given: Partial<PasswordDependencies> = {},
): Promise<{ text: string; warnings: string[] }> {
  const warnings: string[] = [];
  const secret = await readPassword(
    { ...base, ...sources },
    {
      environment: { PATH: process.env['PATH'] },
      readStdin: async () => Buffer.from('from stdin\n'),
      warn: (message) => warnings.push(message),
      ...given,
    },
  );
  return { text: secret.reveal().toString('latin1'), warnings };
}

function fileWith(content: string | Buffer, mode = 0o600): string {
  const path = join(scratchDirectory(), 'password');
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

describe('verifyPassword', () => {
  it.each([
    ['nothing', '', /empty/],
    ['2049 bytes', 'x'.repeat(2049), /more than 2048 bytes/],
    ['2049 bytes in fewer characters', `${'ü'.repeat(1024)}x`, /more than 2048 bytes/],
    ['a carriage return', 'a\r', /carriage return/],
    ['a line feed', 'a\nb', /line feed/],
    ['a NUL', 'a\0b', /NUL/],
  ])('refuses %s, without repeating it', (_, text, why) => {
    const error = refusalOf(() => verifyPassword(new Secret(text)));
    expect(error).toMatchObject({ code: 'INVALID_PASSWORD', exit: 12, message: expect.stringMatching(why) });
    if (text.length > 1) expect(error.message + hintOf(error)).not.toContain(text);
  });

  it.each(['x', 'x'.repeat(2048), ' ', '-x', 'ünïcödé', '\t"\'$(id)`\\'])('takes %j', (text) => {
    expect(() => verifyPassword(new Secret(text))).not.toThrow();
  });
});

describe('readPassword', () => {
  it('takes the first source that is given, in the documented order', async () => {
    const credentials = scratchDirectory();
    writeFileSync(join(credentials, base.credential), 'from the credential\n');
    const environment = {
      PATH: process.env['PATH'],
      CRYPTOSYNC_PASSWORD: 'from the variable',
      CREDENTIALS_DIRECTORY: credentials,
    };
    const sources: Record<string, unknown> = {
      file: fileWith('from the file\n'),
      command: 'echo from the command',
      profileFile: fileWith("from the profile's file\n"),
      profileCommand: "echo from the profile\\'s command",
      argument: 'from the argument',
      prompt: async () => new Secret('from the prompt'),
    };
    const found: string[] = [];
    const next = async (...absent: string[]): Promise<void> => {
      for (const name of absent) {
        delete sources[name];
        delete (environment as Record<string, unknown>)[name];
      }
      found.push((await read(sources, { environment })).text);
    };
    await next();
    await next('file');
    await next('command');
    await next('CRYPTOSYNC_PASSWORD');
    await next('CREDENTIALS_DIRECTORY');
    await next('profileFile');
    await next('profileCommand');
    await next('argument');
    expect(found).toEqual([
      'from the file',
      'from the command',
      'from the variable',
      'from the credential',
      "from the profile's file",
      "from the profile's command",
      'from the argument',
      'from the prompt',
    ]);
  });

  it('asks for one of the sources when there is none', async () => {
    const error = await rejectionOf(read({}));
    expect(error).toMatchObject({ code: 'PASSWORD_REQUIRED', exit: 12 });
    expect(error.message).toContain('a/default');
    expect(hintOf(error)).toContain('--password-file');
  });

  it.each([
    ['one', 'word\n', 'word'],
    ['none', 'word', 'word'],
    ['none but spaces', ' word ', ' word '],
  ])('drops %s of the newlines at the end of a file', async (_, content, password) => {
    expect((await read({ file: fileWith(content) })).text).toBe(password);
  });

  it.each(['word\n\n', 'word\r\n', '\n', ''])('refuses a file of %j', async (content) => {
    expect(await rejectionOf(read({ file: fileWith(content) }))).toMatchObject({ code: 'INVALID_PASSWORD' });
  });

  it('keeps the bytes of a file that is no UTF-8 as they are', async () => {
    expect((await read({ file: fileWith(Buffer.from([0xff, 0xfe, 0x78])) })).text).toBe('\xff\xfex');
  });

  it('reads stdin for a file called -', async () => {
    expect((await read({ file: '-' })).text).toBe('from stdin');
  });

  it('does not fall back to the next source when the given one fails', async () => {
    const others = { argument: 'other', prompt: async () => new Secret('other') };
    expect(await rejectionOf(read({ ...others, file: '/nowhere/password' }))).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('/nowhere/password'),
    });
    const failed = await rejectionOf(read({ ...others, command: 'echo why >&2; exit 3' }));
    expect(failed).toMatchObject({ code: 'PASSWORD_REQUIRED', message: expect.stringContaining('why') });
    const environment = { CRYPTOSYNC_PASSWORD: '' };
    expect(await rejectionOf(read(others, { environment }))).toMatchObject({ code: 'INVALID_PASSWORD' });
  });

  it('never shows what a failing command printed on stdout', async () => {
    const error = await rejectionOf(read({ command: 'echo hunter2; exit 1' }));
    expect(error.message + hintOf(error) + String(error.cause)).not.toContain('hunter2');
  });

  it('keeps the bytes that a command prints as they are', async () => {
    expect((await read({ command: "printf '\\377\\376x'" })).text).toBe('\xff\xfex');
    expect((await read({ command: 'printf ünï' })).text).toBe(Buffer.from('ünï').toString('latin1'));
  });

  it.each([
    ['a variable', { environment: { CRYPTOSYNC_PASSWORD: 'caf\ufffd' } }, {}],
    ['an argument', {}, { argument: 'caf\ufffd' }],
    ['a prompt', {}, { prompt: async () => new Secret('caf\ufffd') }],
  ])('refuses %s whose bytes were lost, and says how to give it', async (_, given, sources) => {
    const error = await rejectionOf(read(sources, given));
    expect(error).toMatchObject({
      code: 'INVALID_PASSWORD',
      exit: 12,
      message: expect.stringContaining('not UTF-8'),
      advice: { to: 'give-secret-in-file', noun: 'password' },
    });
  });

  it('gives a command no secret of ours in its environment', async () => {
    const environment = { PATH: process.env['PATH'], CRYPTOSYNC_ENCRYPTION_KEY: 'key', OTHER: 'kept' };
    const command = `printf '%s' "\${CRYPTOSYNC_ENCRYPTION_KEY-none} \${OTHER}"`;
    expect((await read({ command }, { environment })).text).toBe('none kept');
  });

  it('warns of a file that others can read and of a password in argv, and of nothing else', async () => {
    expect((await read({ file: fileWith('word', 0o644) })).warnings.join()).toMatch(
      /read by others.*chmod 600/,
    );
    expect((await read({ argument: 'word' })).warnings.join()).toContain(
      'the password in the arguments is unsafe',
    );
    expect((await read({ file: fileWith('word') })).warnings).toEqual([]);
    expect((await read({ command: 'echo word' })).warnings).toEqual([]);
  });
});
