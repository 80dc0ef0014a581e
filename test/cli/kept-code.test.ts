/** Compiled code that is kept between starts: it is used where it may be trusted, and is never why a command fails. */
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startProgram } from '../support/running-command.ts';
import { nobody } from '../support/stranger.ts';

const loader = fileURLToPath(new URL('../../bin/chunks.js', import.meta.url));
let scratch: string;
const at = (...names: string[]): string => join(scratch, ...names);
const command = (): string => at('dist/commands/look.cjs');
const sourceOf = (word: string): string =>
  `exports.look = (more) => more ? later() : '${word}'; const later = () => require('../chunks/more.cjs').more;\n`;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'cryptosync-kept-'));
  for (const name of ['dist/commands', 'dist/chunks', 'kept']) mkdirSync(at(name), { recursive: true });
  writeFileSync(at('dist/start.cjs'), `exports.command = () => require('./commands/look.cjs');\n`);
  writeFileSync(command(), sourceOf('good'));
  writeFileSync(at('dist/chunks/more.cjs'), `exports.more = require('node:path').basename('/a/more');\n`);
  writeFileSync(
    at('run.mjs'),
    `import { openChunks } from ${JSON.stringify(loader)};
const args = process.argv.slice(2);
const { command } = openChunks(${JSON.stringify(at('dist/'))}, ${JSON.stringify(at('kept'))}, args)('start.cjs');
console.log(command().look(args.includes('--more')));\n`,
  );
});

afterEach(() => rmSync(scratch, { recursive: true, force: true }));

async function look(args: readonly string[] = ['look'], flags: readonly string[] = []): Promise<string> {
  const program = [...flags, at('run.mjs'), ...args];
  const { stdout, stderr, exitCode } = await startProgram(process.execPath, program, {}).finished;
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
  return stdout.trim();
}

/** The files of code that are kept, by their names. */
function keptFiles(): string[] {
  const found = readdirSync(at('kept'), { recursive: true, withFileTypes: true });
  return found.filter((entry) => !entry.isDirectory()).map(({ name, parentPath }) => join(parentPath, name));
}

function keptFile(): string {
  const [file, ...others] = keptFiles();
  expect(others).toEqual([]);
  return file ?? expect.fail('nothing was kept');
}

interface Head {
  readonly parts: [file: string, identity: string, from: number, to: number][];
}

const wordFrom = (offset: number): number => (offset + 7) & ~7;

/** Keeps other code for the command than its source says, as somebody could who may write there. */
async function poison(): Promise<string> {
  writeFileSync(command(), sourceOf('evil'));
  await look();
  writeFileSync(command(), sourceOf('good'));
  const file = keptFile();
  const bytes = readFileSync(file);
  const end = bytes.indexOf('\n');
  const head = JSON.parse(bytes.toString('latin1', 0, end)) as Head;
  const { size, ino, mtimeMs, ctimeMs } = statSync(command());
  for (const part of head.parts) if (part[0] === command()) part[1] = [size, ino, mtimeMs, ctimeMs].join(' ');
  const line = `${JSON.stringify(head)}\n`;
  const padded = line.padEnd(wordFrom(line.length), '\0');
  writeFileSync(file, Buffer.concat([Buffer.from(padded), bytes.subarray(wordFrom(end + 1))]));
  return file;
}

describe('code that is kept', () => {
  it('is used by the next run, which adds what it calls, until there is nothing to add', async () => {
    expect(await look()).toBe('good');
    const first = statSync(keptFile());
    expect(first.mode & 0o777).toBe(0o600);
    expect(await look(['look', '--more'])).toBe('more');
    expect(statSync(keptFile()).size).toBeGreaterThan(first.size);
    for (let run = 3; run <= 4; run += 1) await look();
    const last = statSync(keptFile());
    // V8 took all of it: otherwise it were made anew
    expect(await look(['look', '--more'])).toBe('more');
    expect(statSync(keptFile())).toMatchObject({ ino: last.ino, mtimeMs: last.mtimeMs });
  });

  it('counts as code where this user alone can have written it', async () => {
    await poison();
    expect(await look()).toBe('evil');
  });

  const distrusted: [string, (file: string) => void][] = [
    ['belongs to somebody else', (file) => chownSync(file, nobody, nobody)],
    ['others may write to', (file) => chmodSync(file, 0o602)],
    ['a group may write to', (file) => chmodSync(file, 0o620)],
    [
      'is behind a link',
      (file) => {
        renameSync(file, at('elsewhere'));
        symlinkSync(at('elsewhere'), file);
      },
    ],
    [
      'is of an older state of the same length and time',
      () => {
        const { atimeMs, mtimeMs } = statSync(command());
        writeFileSync(command(), sourceOf('good'));
        utimesSync(command(), atimeMs / 1000, mtimeMs / 1000);
      },
    ],
  ];
  it.each(distrusted)('is not run when it %s', async (_what, change) => {
    change(await poison());
    expect(await look()).toBe('good');
  });

  const damages: [string, (file: string) => void][] = [
    ['is empty', (file) => truncateSync(file)],
    ['ends in its first line', (file) => truncateSync(file, 20)],
    ['ends too soon', (file) => truncateSync(file, statSync(file).size - 8)],
    ['has something behind it', (file) => appendFileSync(file, 'more')],
    ['is not ours', (file) => writeFileSync(file, '{"length":"x","parts":[[null]]}\n')],
    [
      'is zeros behind its first line',
      (file) => {
        const bytes = readFileSync(file);
        writeFileSync(file, bytes.fill(0, bytes.indexOf('\n') + 1));
      },
    ],
    [
      'is a directory',
      (file) => {
        rmSync(file);
        mkdirSync(file);
      },
    ],
    [
      'can be put nowhere',
      (file) => {
        rmSync(dirname(file), { recursive: true });
        writeFileSync(dirname(file), '');
      },
    ],
  ];
  it.each(damages)('that %s is no failure', async (_what, damage) => {
    await look();
    damage(keptFile());
    for (let run = 1; run <= 2; run += 1) expect(await look()).toBe('good');
  });

  it('is made anew where the program is another', async () => {
    await look();
    writeFileSync(command(), sourceOf('next'));
    for (let run = 1; run <= 2; run += 1) expect(await look()).toBe('next');
    for (let run = 3; run <= 4; run += 1) await look();
    const { ino } = statSync(keptFile());
    await look();
    expect(statSync(keptFile()).ino).toBe(ino);
  });

  it('stays as it is when node runs with other flags', async () => {
    await look();
    const before = readFileSync(keptFile());
    expect(await look(['look'], ['--stack-size=900'])).toBe('good');
    expect(readFileSync(keptFile())).toEqual(before);
  });

  it('is one file a command, and none for a command that there is not', async () => {
    for (const args of [
      ['look'],
      ['look', '--help'],
      ['another', '-h'],
      ['--version'],
      ['lokk'],
      ['../look'],
      [],
    ])
      await look(args);
    expect(
      keptFiles()
        .map((file) => file.slice(dirname(file).length + 1))
        .toSorted(),
    ).toEqual(['help', 'look', 'none']);
  });
});

it('no chunk of what was built is a table that each use of a name is looked up in', async () => {
  const script = `const chunks = process.argv[1];
    const files = require('node:fs').readdirSync(chunks).map((name) => require(chunks + '/' + name));
    const sizes = files.map((exported) => Object.keys(exported).length);
    console.log(JSON.stringify({ most: Math.max(...sizes), slow: files.filter((one) => Object.keys(one).length > 20 && !%HasFastProperties(one)).length }));`;
  const chunks = fileURLToPath(new URL('../../dist/chunks', import.meta.url));
  const args = ['--allow-natives-syntax', '-e', script, chunks];
  const { stdout } = await startProgram(process.execPath, args, {}).finished;
  const { most, slow } = JSON.parse(stdout);
  expect(most).toBeGreaterThan(128);
  expect(slow).toBe(0);
});
