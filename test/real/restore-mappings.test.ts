/** A restore of several mappings of which one is damaged: what was put in place before is told. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { it } from '../support/installation.ts';
import { writeFiles } from '../support/tree.ts';

it.for([
  ['the first', 'one', []],
  ['the second', 'two', ['one']],
] as const)(
  'a restore that fails at %s of two mappings names what it has put in place before',
  async ([, damaged, before], { installation }) => {
    const { path } = installation;
    const run = (...args: readonly string[]) =>
      installation.cryptosync([...args, '--client', 'client1', '--json']);
    for (const name of ['one', 'two']) writeFiles(path(name), { f: `sent of ${name}` });
    const remote = ['--remote-type', 'local', '--remote-path', path('remote')];
    const source = ['--source', path('one'), '--allow-outside', '--plaintext'];
    expect((await run('install', ...remote, ...source, '--no-links')).exitCode).toBe(0);
    const mappings = ['one', 'two'].map((name) => ({
      source: path(name),
      plaintext: true,
      allowOutside: true,
      remotePath: path('remote', name),
    }));
    expect((await run('config', 'set', 'mappings', JSON.stringify(mappings))).exitCode).toBe(0);
    expect((await run('sync')).exitCode).toBe(0);
    for (const name of ['one', 'two']) writeFiles(path(name), { f: 'edited since' });
    writeFileSync(path('remote', damaged, 'f'), 'something else');
    const { exitCode, json, stderr } = await run('restore');
    expect([exitCode, json.error.code]).toEqual([16, 'VERIFY_FAILED']);
    for (const name of ['one', 'two']) {
      const isBack = before.includes(name as never);
      expect(readFileSync(path(name, 'f'), 'utf8')).toBe(isBack ? `sent of ${name}` : 'edited since');
      const aside = readdirSync(path('.')).find((one) => one.startsWith(`${name}.before-restore`));
      expect(aside !== undefined).toBe(isBack);
      if (isBack) expect(stderr).toContain(`${path(name)} was brought back before this failed`);
      if (aside !== undefined) expect(stderr).toContain(path(aside));
    }
    expect(stderr.match(/was brought back/g) ?? []).toHaveLength(before.length);
  },
);
