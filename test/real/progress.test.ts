/** Progress for programs: what stands on stderr with `--progress json`, by the schema that comes with the program. */
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createInstallation, type Installation, vaultPassword } from '../support/installation.ts';
import type { CommandResult } from '../support/running-command.ts';
import { type ClientVault, installVault } from '../support/vault.ts';

const schema = JSON.parse(
  readFileSync(new URL('../../schema/progress.schema.json', import.meta.url), 'utf8'),
);
// ajv alone does not look at the form of a time
const isLine = new Ajv({ formats: { 'date-time': true } }).compile(schema);

let installation: Installation;
let vault: ClientVault;

beforeAll(async () => {
  installation = createInstallation();
  vault = await installVault(installation);
  await vault.put({ 'a.txt': 'a'.repeat(200_000), 'b.txt': 'b' });
});
afterAll(() => installation.cleanUp());

/** The documents on stderr, where nothing else may stand, and how often each event is there. */
function linesOf({ stderr }: CommandResult): Record<string, unknown>[] {
  return stderr
    .trimEnd()
    .split('\n')
    .map((line) => {
      const document = JSON.parse(line);
      expect([line, isLine(document), isLine.errors]).toEqual([line, true, null]);
      return document;
    });
}

it('tells of sync, verify and restore how far they are, and how they ended', async () => {
  const about = { client: 'client1', profile: 'default' };
  const synced = await vault.run('sync', '--progress', 'json');
  expect(synced.json.results[0]).toMatchObject({ outcome: 'synced' });
  const lines = linesOf(synced);
  expect(lines.at(0)).toMatchObject({ event: 'begin', operation: 'sync', ...about });
  expect(lines.at(-1)).toMatchObject({ event: 'end', operation: 'sync', ok: true, code: null });
  const told = lines.filter(({ event }) => event === 'progress').at(-1);
  expect(told).toMatchObject({ operation: 'sync', ...about });
  expect(told?.['bytes']).toBe(told?.['totalBytes']);
  expect(told?.['bytes']).toBeGreaterThan(200_000);
  for (const command of [
    ['verify', '--deep'],
    ['restore', '--to', installation.path('elsewhere')],
  ]) {
    const events = linesOf(await vault.run(...(command as [string]), '--progress', 'json'));
    expect(new Set(events.map(({ operation }) => operation))).toEqual(new Set([command[0]]));
    expect(events.map(({ event }) => event)).toEqual(expect.arrayContaining(['begin', 'progress', 'end']));
  }
});

it('tells the code of a failure, and of an export and an import that they began and ended', async () => {
  const file = installation.path('client1.age');
  const env = { CRYPTOSYNC_PASSPHRASE: 'five words', CRYPTOSYNC_PASSWORD: vaultPassword };
  const exporting = ['export', '--client', 'client1', '--output', file, '--progress', 'json'];
  const exported = linesOf(await installation.cryptosync([...exporting, '--quiet'], { env }));
  expect(exported.at(0)).toMatchObject({
    event: 'begin',
    operation: 'export',
    client: 'client1',
    profile: null,
  });
  expect(exported.at(-1)).toMatchObject({ event: 'end', operation: 'export', ok: true });
  const root = installation.path('other-root');
  const importing = ['import', file, '--root', root, '--no-links', '--progress', 'json', '--json'];
  const imported = await installation.cryptosync(importing, { env });
  const events = linesOf(imported);
  expect(events.at(0)).toMatchObject({ event: 'begin', operation: 'import', client: null });
  expect(events.at(-1)).toMatchObject({ event: 'end', operation: 'import', ok: true });
  const failed = await vault.run(
    'restore',
    '--generation',
    '99',
    '--to',
    installation.path('none'),
    '--progress',
    'json',
  );
  expect(linesOf(failed).at(-1)).toMatchObject({ event: 'end', ok: false, code: failed.json.error.code });
});

it('says nothing in JSON without the flag', async () => {
  await vault.put({ 'c.txt': 'c' });
  const { stderr } = await installation.cryptosync(['sync', '--client', 'client1']);
  expect(stderr).toBe('');
});
