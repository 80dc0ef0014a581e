/** A password is its bytes: from every source it is exactly what was given, or refused. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { type PasswordSources, readPassword } from '../../src/secrets/password.ts';
import { Secret } from '../../src/secrets/secret.ts';
import { CryptosyncError } from '../../src/system/errors.ts';
import { type Installation, it } from '../support/installation.ts';
import { installVault } from '../support/vault.ts';

const program = fileURLToPath(new URL('../support/read-secret.ts', import.meta.url));
const refused = 'INVALID_PASSWORD';

interface Value {
  readonly bytes: Buffer;
  /** What must come of it, `undefined` for these very bytes. */
  readonly expected?: string;
}

const values: Record<string, Value> = {
  ASCII: { bytes: Buffer.from('pass word') },
  'a byte of Latin-1': { bytes: Buffer.from('caf\xe9', 'latin1') },
  'only bytes that are no UTF-8': { bytes: Buffer.from('ff80fe', 'hex') },
  'UTF-8': { bytes: Buffer.from('pässwörd 🗝') },
  'the sign that stands for lost bytes': { bytes: Buffer.from('caf\ufffd') },
  'a BOM': { bytes: Buffer.from('\ufeffpass') },
  'a CR and LF at the end': { bytes: Buffer.from('pass\r\n'), expected: refused },
  'a CR at the end': { bytes: Buffer.from('pass\r'), expected: refused },
  '2048 bytes': { bytes: Buffer.alloc(2048, 'x') },
  '2049 bytes': { bytes: Buffer.alloc(2049, 'x'), expected: refused },
  '2049 bytes of Latin-1': { bytes: Buffer.alloc(2049, 0xe9), expected: refused },
  nothing: { bytes: Buffer.alloc(0), expected: refused },
};
/** Only where the source can hold it: the environment and arguments end at a NUL, and a terminal's answer has lost bytes. */
const special: Record<string, Record<string, string>> = {
  NUL: { environment: 'none', argument: 'none' },
  'a byte of Latin-1': { prompt: refused },
  'only bytes that are no UTF-8': { prompt: refused },
  'the sign that stands for lost bytes': { prompt: refused },
};
values['NUL'] = { bytes: Buffer.from('a\0b'), expected: refused };

/** A shell passes bytes on as they are, which node can't. */
const shell = (installation: Installation, script: string): string => {
  const words = ['-c', script, 'sh', process.execPath, program, installation.path('value')];
  const result = spawnSync('sh', words, { env: { PATH: process.env['PATH'] }, encoding: 'utf8' });
  return result.stdout + result.stderr;
};
/** `$(…)` drops line feeds at the end, so a mark stands behind them. */
const readValue = 'v=$(cat "$3"; echo x);';
const withoutMark = '"$' + '{v%x}"';

/** In this process, as `readPassword` is called. */
const here = async (
  sources: Partial<PasswordSources>,
  environment: NodeJS.ProcessEnv = {},
): Promise<string> => {
  try {
    const secret = await readPassword(
      { credential: 'value', subject: 'a/default', ...sources },
      {
        environment: { PATH: process.env['PATH'], ...environment },
        warn: () => {},
        readStdin: async () => Buffer.alloc(0),
      },
    );
    return secret.reveal().toString('hex');
  } catch (error) {
    if (!(error instanceof CryptosyncError)) throw error;
    return error.code;
  }
};
const sources: Record<string, (installation: Installation) => string | Promise<string>> = {
  file: (i) => here({ file: i.path('value') }),
  "the profile's file": (i) => here({ profileFile: i.path('value') }),
  command: (i) => here({ command: `cat ${i.path('value')}` }),
  credential: (i) => here({}, { CREDENTIALS_DIRECTORY: i.directory }),
  // as a terminal's answer comes: decoded
  prompt: (i) => here({ prompt: async () => new Secret(readFileSync(i.path('value'), 'utf8')) }),
  stdin: (i) => shell(i, '"$1" "$2" --password-file - <"$3"'),
  environment: (i) => shell(i, `${readValue} CRYPTOSYNC_PASSWORD=${withoutMark} exec "$1" "$2"`),
  argument: (i) => shell(i, `${readValue} exec "$1" "$2" --vault-password ${withoutMark}`),
};
const cases = Object.keys(sources).flatMap((source) =>
  Object.keys(values).map((name) => [source, name] as const),
);

describe('a password', () => {
  it.for(cases.filter(([source, name]) => special[name]?.[source] !== 'none'))(
    'from %s that is %s is exact, or refused',
    async ([source, name], { installation }) => {
      const { bytes, expected = bytes.toString('hex') } = values[name] as Value;
      writeFileSync(installation.path('value'), bytes);
      expect(await sources[source]?.(installation)).toBe(special[name]?.[source] ?? expected);
    },
  );

  it('of other bytes does not open a vault, although both look the same as text', async ({
    installation,
  }) => {
    const file = installation.path('password');
    writeFileSync(file, Buffer.from('caf\xe9\n', 'latin1'));
    const vault = await installVault(installation, undefined, '--password-file', file);
    const run = (variable: string, ...args: string[]): { status: number | null; stderr: string } => {
      const script = `CRYPTOSYNC_PASSWORD=$(printf '${variable}') exec "$0" "$@"`;
      const bin = join(import.meta.dirname, '../../bin/run.js');
      const words = ['-c', script, process.execPath, bin, ...args, '--client', 'client1'];
      return spawnSync('sh', words, { env: installation.environment, encoding: 'utf8' });
    };
    expect(run('caf\\357\\277\\275', 'mount')).toMatchObject({ status: 12 });
    expect(run('caf\\303\\251', 'mount')).toMatchObject({ status: 12 });
    expect(run('caf\\351', 'mount')).toMatchObject({ status: 0 });
    expect(run('', 'unmount')).toMatchObject({ status: 0 });
    const argument = spawnSync(
      'sh',
      [
        '-c',
        'exec "$0" "$@" --vault-password "$(printf \'caf\\351\')"',
        process.execPath,
        join(import.meta.dirname, '../../bin/run.js'),
        'mount',
        '-c',
        'client1',
      ],
      { env: { ...installation.environment, CRYPTOSYNC_PASSWORD: undefined }, encoding: 'utf8' },
    );
    expect(argument).toMatchObject({ status: 0 });
    expect(vault.encryptedDir).toBeTruthy();
  });
});
