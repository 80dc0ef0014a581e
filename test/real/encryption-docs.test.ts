/** What docs/encryption.md tells an operator to type: it is run as it stands there. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect } from 'vitest';
import { generateEncryptionKey, validateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import { it } from '../support/installation.ts';
import { program } from '../support/running-command.ts';
import { sampleFiles } from '../support/sample-files.ts';
import { startStorage } from '../support/storage.ts';
import { installTenant } from '../support/tenant.ts';
import { readTree } from '../support/tree.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/encryption.md'), 'utf8');

/** The block of code in which a text stands. */
function blockWith(text: string): string {
  const blocks = [...page.matchAll(/```(?:sh|js)\n(.*?)```/gs)].map(([, block]) => block ?? '');
  const block = blocks.find((candidate) => candidate.includes(text));
  if (block === undefined) throw new Error(`no block with ${text}`);
  return block;
}

describe('docs/encryption.md', () => {
  it('makes keys that are taken, by the tool, by node and in a browser', ({ installation }) => {
    const environment = {
      ...installation.environment,
      PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
    };
    const lines = blockWith('openssl rand')
      .split('\n')
      .filter((line) => /^(cryptosync|node) /.test(line))
      .map((line) => line.replace(/^cryptosync/, `node ${program}`));
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      const printed = execFileSync('sh', ['-c', line], { env: environment, encoding: 'utf8' });
      expect(validateEncryptionKey(printed.trimEnd()).reveal()).toHaveLength(44);
    }
    const browser = new Function(`return ${blockWith('btoa')}`) as () => string;
    expect(validateEncryptionKey(browser()).reveal()).toHaveLength(44);
  });

  it('brings everything back with rclone alone', async ({ installation }) => {
    const storage = await startStorage('local', installation.path('storage'));
    const keys = { key: generateEncryptionKey(), salt: generateEncryptionKey() };
    const name = 'client1';
    const tenant = await installTenant(installation, storage, { name, filenameEncryption: 'standard', keys });
    sampleFiles(tenant.source);
    symlinkSync('plain', join(tenant.source, 'a link'));
    await tenant.succeed();
    const byHand = installation.path('by hand');
    mkdirSync(byHand);
    writeFileSync(join(byHand, 'client1.key'), `${keys.key}\n`);
    writeFileSync(join(byHand, 'client1.salt'), keys.salt);
    writeFileSync(join(byHand, 'rclone.conf'), '[disk]\ntype = local\n');
    const typed = blockWith('rclone obscure').replace('REMOTE:PATH', `disk:${storage.directory}/${name}`);
    const printed = execFileSync('sh', ['-e', '-c', typed], {
      cwd: byHand,
      env: installation.environment,
      encoding: 'utf8',
    });
    expect(JSON.parse(printed)).toMatchObject({ state: 'committed', generation: 1 });
    expect(readTree(join(byHand, 'restored'))).toEqual(readTree(tenant.source));
  });
});
