import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  appendLine,
  ensureDirectory,
  isDirectory,
  kindOf,
  readTextIfPresent,
  replaceLink,
  temporaryNameFor,
  writeFileAtomic,
} from '../../../src/system/files.ts';
import { scratchDirectory } from '../../support/scratch.ts';

const modeOf = (path: string): string => (lstatSync(path).mode & 0o777).toString(8);

describe('writeFileAtomic', () => {
  it.each([0o600, 0o644, 0o755])('gives a file its mode whatever the umask (%o)', (mode) => {
    const path = join(scratchDirectory(), 'file');
    const before = process.umask(0o077);
    try {
      writeFileAtomic(path, 'text', mode);
    } finally {
      process.umask(before);
    }
    expect(modeOf(path)).toBe(mode.toString(8));
    expect(readFileSync(path, 'utf8')).toBe('text');
  });

  it('replaces a file whole, and a link by a file instead of writing through it', () => {
    const directory = scratchDirectory();
    writeFileSync(join(directory, 'elsewhere'), 'kept');
    symlinkSync('elsewhere', join(directory, 'file'));
    writeFileAtomic(join(directory, 'file'), new Uint8Array([1, 2]), 0o600);
    expect([...readFileSync(join(directory, 'file'))]).toEqual([1, 2]);
    expect(readFileSync(join(directory, 'elsewhere'), 'utf8')).toBe('kept');
  });

  it('leaves nothing behind when it fails', () => {
    const directory = scratchDirectory();
    mkdirSync(join(directory, 'taken'));
    expect(() => writeFileAtomic(join(directory, 'taken'), 'x', 0o600)).toThrow();
    expect(readdirSync(directory)).toEqual(['taken']);
  });

  it('writes beside the file under a name that is told from a real one', () => {
    expect(temporaryNameFor('/a/b.json')).toMatch(/^\/a\/\.b\.json\.[0-9a-f]{12}\.tmp$/);
  });
});

describe('appendLine', () => {
  it('makes the file with its mode and adds a line each time', async () => {
    const path = join(scratchDirectory(), 'lines');
    await appendLine(path, 'one', 0o600);
    await appendLine(path, 'two', 0o600);
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
    expect(modeOf(path)).toBe('600');
  });

  it('begins a line of its own behind one that a crash tore', async () => {
    const path = join(scratchDirectory(), 'lines');
    writeFileSync(path, 'one\ntor');
    await appendLine(path, 'two', 0o600);
    expect(readFileSync(path, 'utf8')).toBe('one\ntor\ntwo\n');
  });
});

describe('looking at paths', () => {
  it('tells what stands there without following links', () => {
    const directory = scratchDirectory();
    writeFileSync(join(directory, 'file'), '');
    symlinkSync('nowhere', join(directory, 'link'));
    expect(kindOf(directory)).toBe('directory');
    expect(kindOf(join(directory, 'file'))).toBe('file');
    expect(kindOf(join(directory, 'link'))).toBe('link');
    expect(kindOf(join(directory, 'none'))).toBe('none');
    expect(kindOf(join(directory, 'file', 'below'))).toBe('none');
    expect(kindOf('/dev/null')).toBe('other');
    expect(isDirectory(join(directory, 'link'))).toBe(false);
  });

  it('reads a text, or undefined where there is none, and names a directory that stands in its place', () => {
    const directory = scratchDirectory();
    expect(readTextIfPresent(join(directory, 'none'))).toBeUndefined();
    expect(() => readTextIfPresent(directory)).toThrow(
      expect.objectContaining({ code: 'EISDIR', path: directory }),
    );
  });

  it('says whether a directory had to be made, and keeps the mode of one that was there', () => {
    const path = join(scratchDirectory(), 'a', 'b');
    expect(ensureDirectory(path, 0o700)).toBe(true);
    expect(ensureDirectory(path, 0o755)).toBe(false);
    expect(modeOf(path)).toBe('700');
  });

  it('replaces a link in one step, and never a directory', () => {
    const directory = scratchDirectory();
    const link = join(directory, 'link');
    replaceLink(link, '/one');
    replaceLink(link, '/two');
    expect(readlinkSync(link)).toBe('/two');
    mkdirSync(join(directory, 'taken'));
    expect(() => replaceLink(join(directory, 'taken'), '/x')).toThrow();
    expect(readdirSync(directory).sort()).toEqual(['link', 'taken']);
  });
});
