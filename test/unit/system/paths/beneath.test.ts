/** Every way of changing something below a base, with a link planted at each place where one could lead elsewhere. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  appendLine,
  changeMode,
  ensureDirectory,
  openForAppending,
  readTextIfPresent,
  rename,
  replaceLink,
  writeFileAtomic,
} from '../../../../src/system/files.ts';
import { readRegular } from '../../../../src/system/paths/regular-file.ts';
import { removeFile, removeIfEmpty, removeTree } from '../../../../src/system/paths/removal.ts';
import { readTrustedText, trustedTree } from '../../../../src/system/paths/trust.ts';
import { scratchDirectory } from '../../../support/scratch.ts';

/** A base with a directory in it, and a victim outside that nothing may reach. */
function scene(): { base: string; victim: string; seen: () => string } {
  const scratch = scratchDirectory();
  const [base, victim] = [join(scratch, 'base'), join(scratch, 'victim')];
  mkdirSync(join(base, 'own'), { recursive: true });
  mkdirSync(join(victim, 'name'), { recursive: true });
  writeFileSync(join(victim, 'file'), 'precious', { mode: 0o640 });
  const seen = (): string =>
    JSON.stringify([
      readdirSync(victim, { recursive: true }).sort(),
      readFileSync(join(victim, 'file'), 'utf8'),
      statSync(join(victim, 'file')).mode,
      statSync(victim).mode,
    ]);
  return { base, victim, seen };
}

/** What is done to a path below a base. */
const deeds: Readonly<Record<string, (path: string, base: string) => unknown>> = {
  writeFileAtomic: (path, base) => writeFileAtomic(path, 'x', 0o600, base),
  appendLine: (path, base) => appendLine(path, 'x', 0o600, base),
  openForAppending: (path, base) => closeSync(openForAppending(path, 0o600, base)),
  replaceLink: (path, base) => replaceLink(path, '/nowhere', base),
  ensureDirectory: (path, base) => ensureDirectory(path, 0o700, base),
  changeMode: (path, base) => changeMode(path, 0o777, base),
  'rename from': (path, base) => rename(path, join(base, 'own', 'moved'), base),
  'rename to': (path, base) => {
    writeFileSync(join(base, 'own', 'fresh'), 'x');
    rename(join(base, 'own', 'fresh'), path, base);
  },
  removeFile: (path, base) => removeFile(path, base),
  removeIfEmpty: (path, base) => removeIfEmpty(path, base),
  removeTree: (path, base) => removeTree(path, base),
  readRegular: (path, base) => readRegular(path, { base }),
  readTrustedText: (path, base) => readTrustedText(path, base),
  'readTrustedText from a tree': (path, base) => readFromTree(path, base),
};

function readFromTree(path: string, base: string): string | undefined {
  const from = trustedTree(base, []);
  try {
    return readTrustedText(path, base, from);
  } finally {
    from?.top.directory.close();
  }
}

describe.each(Object.entries(deeds))('%s', (name, deed) => {
  // a file that is not there is believed by nobody
  const names = name.startsWith('readTrustedText') ? ['file', 'name'] : ['file', 'name', 'new'];
  it.each(names)('refuses a link on the way to %s, names it, and changes nothing', (last) => {
    const { base, victim, seen } = scene();
    const untouched = seen();
    symlinkSync(victim, join(base, 'planted'));
    expect(() => deed(join(base, 'planted', last), base)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(join(base, 'planted')),
      }),
    );
    expect(seen()).toBe(untouched);
  });

  it.each(['file', 'name', '.'])('never goes through a link at the end that leads to %s', (target) => {
    const { base, victim, seen } = scene();
    const untouched = seen();
    symlinkSync(join(victim, target), join(base, 'planted'));
    try {
      deed(join(base, 'planted'), base);
    } catch (error) {
      expect(error).toMatchObject({ message: expect.stringContaining(join(base, 'planted')) });
    }
    expect(seen()).toBe(untouched);
  });
});

describe('a file that must be one', () => {
  it.each(['appendLine', 'openForAppending', 'readRegular', 'readTrustedText'] as const)(
    '%s refuses a FIFO instead of waiting for its other end',
    (name) => {
      const { base } = scene();
      execFileSync('mkfifo', [join(base, 'fifo')]);
      expect(() => deeds[name]?.(join(base, 'fifo'), base)).toThrow(
        expect.objectContaining({
          code: 'CONFIG_INVALID',
          message: `${join(base, 'fifo')} is not a regular file`,
        }),
      );
    },
  );

  it.each(['/dev/zero', '/dev/null'])('is not %s, through a link neither', (device) => {
    const { base } = scene();
    symlinkSync(device, join(base, 'text'));
    expect(() => readTextIfPresent(join(base, 'text'))).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });
});

describe('removeTree', () => {
  it('removes what is below, whatever its name and kind, and the links themselves', () => {
    const { base, victim, seen } = scene();
    const untouched = seen();
    mkdirSync(join(base, 'own', 'a', 'b'), { recursive: true });
    writeFileSync(Buffer.concat([Buffer.from(join(base, 'own', 'a')), Buffer.from([0x2f, 0xe9, 0x0a])]), 'x');
    symlinkSync(victim, join(base, 'own', 'a', 'b', 'link'));
    execFileSync('mkfifo', [join(base, 'own', 'fifo')]);
    expect(removeTree(join(base, 'own'), base)).toBe(true);
    expect(existsSync(join(base, 'own'))).toBe(false);
    expect(removeTree(join(base, 'own'), base)).toBe(false);
    expect(seen()).toBe(untouched);
  });
});

describe('the way to a base', () => {
  it('may lead through links that only this user can have set', () => {
    const { base } = scene();
    symlinkSync('base/own', join(base, '..', 'short'));
    writeFileAtomic(join(base, '..', 'short', 'file'), 'x', 0o600);
    expect(readFileSync(join(base, 'own', 'file'), 'utf8')).toBe('x');
  });

  it('ends with the errno and the path that was asked for, not with a path below /proc', () => {
    const { base } = scene();
    writeFileSync(join(base, 'flat'), '');
    for (const [path, code] of [
      [join(base, 'none', 'file'), 'ENOENT'],
      [join(base, 'flat', 'file'), 'ENOTDIR'],
      [join(base, 'own'), 'EISDIR'],
    ] as const) {
      expect(() => writeFileAtomic(path, 'x', 0o600, base)).toThrow(
        expect.objectContaining({ code, message: expect.not.stringContaining('/proc/') }),
      );
    }
    expect(readdirSync(join(base, 'own'))).toEqual([]);
  });

  it('follows no circle for ever', () => {
    const { base } = scene();
    symlinkSync('two', join(base, 'one'));
    symlinkSync('one', join(base, 'two'));
    expect(() => writeFileAtomic(join(base, 'one', 'file'), 'x', 0o600)).toThrow(
      expect.objectContaining({ code: 'ELOOP' }),
    );
  });

  it('leaves no descriptor open, whatever happened', () => {
    const { base, victim } = scene();
    symlinkSync(victim, join(base, 'planted'));
    const open = (): number => readdirSync('/proc/self/fd').length;
    const before = open();
    for (const deed of Object.values(deeds)) {
      for (const path of [join(base, 'planted', 'file'), join(base, 'none', 'x'), join(base, 'own')]) {
        try {
          deed(path, base);
        } catch {
          // which error is the other tests' subject
        }
        if (!existsSync(join(base, 'own'))) mkdirSync(join(base, 'own'));
      }
    }
    expect(open()).toBe(before);
    expect(lstatSync(join(base, 'planted')).isSymbolicLink()).toBe(true);
  });
});

describe.each([
  ['readTrustedText', readTrustedText],
  ['readTrustedText from a tree', readFromTree],
] as const)('%s', (_name, read) => {
  it.each([0o620, 0o602, 0o666])(
    'refuses a file that others can write (%o), and says how to mend it',
    (mode) => {
      const { base } = scene();
      writeFileSync(join(base, 'own', 'text'), 'x');
      changeMode(join(base, 'own', 'text'), mode, base);
      expect(() => read(join(base, 'own', 'text'), base)).toThrow(
        expect.objectContaining({
          code: 'CONFIG_INVALID',
          message: expect.stringContaining(join(base, 'own', 'text')),
          advice: { to: 'close-path', path: join(base, 'own', 'text') },
        }),
      );
    },
  );

  it.each([0o770, 0o707, 0o777])('refuses a file in a directory that others can write (%o)', (mode) => {
    const { base } = scene();
    writeFileSync(join(base, 'own', 'text'), 'x');
    changeMode(join(base, 'own'), mode, base);
    expect(() => read(join(base, 'own', 'text'), base)).toThrow(
      expect.objectContaining({ advice: { to: 'close-path', path: join(base, 'own') } }),
    );
    changeMode(join(base, 'own'), 0o1777, base);
    expect(read(join(base, 'own', 'text'), base)).toBe('x');
  });
});

describe('a tree that is believed', () => {
  it('stays the one that was looked at, whatever stands at its path meanwhile', () => {
    const { base, victim } = scene();
    writeFileSync(join(base, 'own', 'text'), 'looked at');
    const from = trustedTree(base, []);
    rename(base, `${base}.former`);
    symlinkSync(victim, base);
    expect(readTrustedText(join(base, 'own', 'text'), base, from)).toBeUndefined();
    mkdirSync(join(victim, 'own'));
    writeFileSync(join(victim, 'own', 'text'), 'planted');
    expect(readTrustedText(join(base, 'own', 'text'), base, from)).toBe('looked at');
    from?.top.directory.close();
  });

  it.each([0o770, 0o707, 0o777])('is none when others can write it, or what is above it (%o)', (mode) => {
    const { base } = scene();
    changeMode(base, mode);
    expect(trustedTree(base, [])).toBeUndefined();
    expect(trustedTree(join(base, 'own'), [])).toBeUndefined();
  });

  it('is not begun from when it lies elsewhere', () => {
    const { base, victim } = scene();
    writeFileSync(join(base, 'own', 'text'), 'x', { mode: 0o600 });
    const from = trustedTree(victim, []);
    expect(readTrustedText(join(base, 'own', 'text'), base, from)).toBe('x');
    from?.top.directory.close();
  });
});
