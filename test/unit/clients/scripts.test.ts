import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { profileLayout, scriptActions } from '../../../src/clients/layout.ts';
import { parseClientId, parseProfileName } from '../../../src/clients/names.ts';
import {
  defaultBinDirectory,
  linkPaths,
  linkState,
  removeLink,
  verifyLinksFree,
  writeLinks,
  writeScripts,
} from '../../../src/clients/scripts.ts';
import { refusalOf } from '../../support/refusal.ts';
import { scratchDirectory } from '../../support/scratch.ts';

const layoutIn = (root: string, profile = 'default') =>
  profileLayout(root, parseClientId('client1'), parseProfileName(profile));

/** A program that prints each of its arguments between brackets. */
function printer(path: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '#!/bin/sh\nfor word; do printf "[%s]" "$word"; done\n');
  chmodSync(path, 0o755);
  return path;
}

describe('the helper scripts', () => {
  it.each(['plain', "it's", 'a b', '$(id)', '`id`', 'a"b', 'a\\b', 'new\nline', '-x'])(
    'call cryptosync with their own words and the given ones, under a root called %j',
    (name) => {
      const directory = scratchDirectory();
      const root = join(directory, name);
      const layout = layoutIn(root, 'archive');
      const program = { node: printer(join(root, 'node')), script: join(root, 'run.js') };
      writeFileSync(program.script, '');
      expect(writeScripts(layout, root, program)).toEqual(
        scriptActions.map((action) => layout.scripts[action]),
      );
      for (const action of scriptActions) {
        const said = execFileSync(layout.scripts[action], ["a 'b'", '--dry-run', ''], {
          env: { PATH: '/usr/bin:/bin' },
          encoding: 'utf8',
        });
        const common = `[--root][${root}][--client][client1][--profile][archive]`;
        expect(said).toBe(`[${program.script}][${action}]${common}[a 'b'][--dry-run][]`);
      }
    },
  );

  it('find cryptosync on PATH when the one that made them is gone', () => {
    const root = scratchDirectory();
    const layout = layoutIn(root);
    writeScripts(layout, root, { node: '/gone/node', script: '/gone/run.js' });
    const bin = dirname(printer(join(root, 'bin', 'cryptosync')));
    const said = execFileSync(layout.scripts.sync, ['x'], {
      env: { PATH: `${bin}:/usr/bin:/bin` },
    }).toString();
    expect(said).toBe(`[sync][--root][${root}][--client][client1][--profile][default][x]`);
  });

  it('are written again only where they differ, mode included', () => {
    const root = scratchDirectory();
    const layout = layoutIn(root);
    const program = { node: '/n', script: '/s' };
    writeScripts(layout, root, program);
    expect(writeScripts(layout, root, program)).toEqual([]);
    chmodSync(layout.scripts.sync, 0o600);
    expect(writeScripts(layout, root, program)).toEqual([layout.scripts.sync]);
    expect(lstatSync(layout.scripts.sync).mode & 0o777).toBe(0o755);
    expect(writeScripts(layout, root, { ...program, node: '/other' })).toHaveLength(3);
  });
});

describe('the links', () => {
  it('lead to the scripts, and a second time there is nothing to do', () => {
    const root = scratchDirectory();
    const layout = layoutIn(root);
    const bin = join(root, 'bin');
    const links = linkPaths(layout, bin);
    expect(writeLinks(layout, bin)).toEqual([links.mount, links.unmount, links.sync]);
    expect(readlinkSync(links.sync)).toBe(layout.scripts.sync);
    expect(writeLinks(layout, bin)).toEqual([]);
  });

  it("never replace somebody else's file or link, and then make none at all", () => {
    const root = scratchDirectory();
    const layout = layoutIn(root);
    const bin = join(root, 'bin');
    const links = linkPaths(layout, bin);
    mkdirSync(bin);
    for (const make of [
      (path: string) => writeFileSync(path, 'mine'),
      (path: string) => mkdirSync(path),
      (path: string) => symlinkSync('/bin/sh', path),
    ]) {
      make(links.sync);
      const error = refusalOf(() => writeLinks(layout, bin));
      expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(links.sync) });
      expect(linkState(links.mount, layout.scripts.mount)).toBe('absent');
      execFileSync('rm', ['-r', links.sync]);
    }
    expect(() => verifyLinksFree(layout, bin)).not.toThrow();
  });

  it('replace one that leads nowhere, or to a script of another root', () => {
    const root = scratchDirectory();
    const layout = layoutIn(root);
    const bin = join(root, 'bin');
    const links = linkPaths(layout, bin);
    const other = layoutIn(join(root, 'other'));
    writeScripts(other, root, { node: '/n', script: '/s' });
    mkdirSync(bin);
    symlinkSync('/gone', links.mount);
    symlinkSync(other.scripts.sync, links.sync);
    expect(linkState(links.sync, layout.scripts.sync)).toBe('ours');
    writeLinks(layout, bin);
    expect(readlinkSync(links.sync)).toBe(layout.scripts.sync);
    expect(removeLink(links.sync, other.scripts.sync)).toBe(false);
    expect(removeLink(links.sync, layout.scripts.sync)).toBe(true);
    expect(linkState(links.sync, layout.scripts.sync)).toBe('absent');
  });

  it('go where PATH has them', () => {
    expect(defaultBinDirectory({ HOME: '/root' }, 0)).toBe('/usr/local/bin');
    expect(defaultBinDirectory({ HOME: '/home/a' }, 1000)).toBe('/home/a/.local/bin');
    expect(defaultBinDirectory({}, 1000)).toBeUndefined();
  });
});
