/** What was written while the clock was ahead puts nothing off until that time comes, and is not called young. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstallation, type Installation } from '../support/installation.ts';
import { type ClientVault, installVault } from '../support/vault.ts';

const yetToCome = '2999-01-01T00:00:00Z';

let installation: Installation;
let vault: ClientVault;
beforeAll(async () => {
  installation = createInstallation();
  vault = await installVault(installation);
  await vault.put({ 'a.txt': 'first', 'below/b.txt': 'too' });
  await vault.succeed('sync');
  await vault.succeed('verify', '--deep');
});
afterAll(() => installation.cleanUp());

/** Puts times of a file of ours into the future. */
function date(file: string, times: RegExp, instead: string): void {
  const text = readFileSync(file, 'utf8');
  expect(text).toMatch(times);
  writeFileSync(file, text.replaceAll(new RegExp(times, 'g'), instead));
}

const recordOf = (): string => {
  const state = installation.client('client1', 'cryptosync', 'state');
  const [name = ''] = readdirSync(state).filter((one) => /^record-.*\.jsonl$/.test(one));
  return join(state, name);
};

describe('after a clock that was ahead', () => {
  it('a sync looks at the whole remote again', async () => {
    writeFileSync(join(vault.remoteDir, 'stranger'), 'added by somebody');
    date(recordOf(), /"fullAt":"[^"]*"/, `"fullAt":"${yetToCome}"`);
    const { results } = await vault.succeed('sync');
    expect(results).toMatchObject([{ strategy: 'full' }]);
    expect(readFileSync(recordOf(), 'utf8')).not.toContain(yetToCome);
  });

  it('samples of a check come round to what was read then', async () => {
    const journal = `${recordOf()}.verified`;
    date(journal, /"at":\d+/, `"at":${Date.parse(yetToCome)}`);
    await vault.succeed('verify', '--deep', '--sample', '100%');
    expect(readFileSync(journal, 'utf8')).not.toContain(String(Date.parse(yetToCome)));
    // one of them that is not the newest
    const [first = '', ...others] = readFileSync(journal, 'utf8').split('\n');
    writeFileSync(
      journal,
      [first.replace(/"at":\d+/, `"at":${Date.parse(yetToCome)}`), ...others].join('\n'),
    );
    await vault.succeed('verify', '--deep', '--sample', '1B');
    expect(readFileSync(journal, 'utf8')).not.toContain(String(Date.parse(yetToCome)));
  });

  it('a last success that is yet to come is told by doctor', async () => {
    date(vault.ledgerFile, /"at":"[^"]*"/, `"at":"${yetToCome}"`);
    const { json } = await vault.run('doctor');
    expect(json.findings).toContainEqual(
      expect.objectContaining({ id: 'sync-old', what: expect.stringContaining('which is yet to come') }),
    );
  });
});
