/** A mapping with patterns: what does not match them stays here, by whichever way a file would go. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../support/installation.ts';
import { serveWebdav } from '../support/serve.ts';
import { readTree, writeFiles } from '../support/tree.ts';
import { vaultOf } from '../support/vault.ts';

describe('a mapping with patterns', () => {
  it.for(['local', 'webdav'])('sends only what they let through (%s)', async (kind, { installation }) => {
    const served = installation.path('served');
    mkdirSync(served);
    const vault = vaultOf(installation, 'client1', join(served, 'backup'));
    const remote = ['--remote-type', kind, '--remote-path', kind === 'local' ? vault.remoteDir : 'backup'];
    if (kind === 'webdav') {
      const server = await serveWebdav(served);
      installation.atCleanUp(() => server.stop());
      remote.push(
        '--remote-option',
        `url=http://127.0.0.1:${server.port}`,
        '--remote-option',
        'vendor=other',
      );
    }
    const source = installation.client('client1', 'papers');
    writeFiles(source, { 'a.txt': 'one', 'b.tmp': 'one', 'below/c.txt': 'one', 'below/d.tmp': 'one' });
    symlinkSync('a.txt', join(source, 'link.tmp'));
    await vault.succeed(
      'install',
      ...['--no-links', ...remote],
      ...['--source', source, '--plaintext', '--include', '*.txt'],
    );
    const sent = () => Object.keys(readTree(vault.remoteDir, ['.cryptosync'])).sort();
    expect((await vault.succeed('sync')).results[0]).toMatchObject({
      outcome: 'synced',
      filesTransferred: 2,
    });
    expect(sent()).toEqual(['a.txt', 'below/c.txt']);
    // edits that keep the size: a remote that knows only sizes gets them by name
    writeFileSync(join(source, 'a.txt'), 'two');
    writeFileSync(join(source, 'b.tmp'), 'two');
    expect((await vault.succeed('sync')).results[0]).toMatchObject({
      outcome: 'synced',
      filesTransferred: 1,
    });
    expect(sent()).toEqual(['a.txt', 'below/c.txt']);
    expect((await vault.succeed('sync')).results[0]).toMatchObject({ filesTransferred: 0 });
  });
});
