import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { maskedForms, maskFor } from '../../../../src/remotes/rclone/masking.ts';
import { obscure, reveal } from '../../../../src/remotes/rclone/obscure.ts';
import { sinkRemote } from '../../../../src/remotes/sinks/index.ts';
import { generateEncryptionKey } from '../../../../src/secrets/encryption-key.ts';
import { Secret } from '../../../../src/secrets/secret.ts';
import { scratchDirectory } from '../../../support/scratch.ts';

describe('maskedForms', () => {
  it('lists a secret as it is, obscured and in base64, the longest first', () => {
    const text = generateEncryptionKey();
    const forms = maskedForms(new Secret(text));
    for (const form of [text, obscure(new Secret(text)), Buffer.from(text).toString('base64')])
      expect(forms).toContain(form);
    expect(forms).toEqual([...forms].sort((one, other) => other.length - one.length));
    expect(maskedForms(new Secret(''))).toEqual([]);
  });
});

describe('reveal', () => {
  it('turns back what obscure made, and nothing else', () => {
    expect(reveal(obscure(new Secret('pass wörd')))).toBe('pass wörd');
    for (const text of ['', 'short', 'not base64url!', 'A'.repeat(21)]) expect(reveal(text)).toBeUndefined();
  });
});

describe('what rclone printed', () => {
  const password = 'hush hush & hush';

  it('loses the secrets of a remote that stands in the environment, in each form', () => {
    const { environment } = sinkRemote(
      { type: 'webdav', url: 'https://h.example', user: 'tester', password },
      'client1',
      '',
    );
    const mask = maskFor({ configFile: '', environment });
    for (const form of maskedForms(new Secret(password))) {
      expect(mask(`Get "https://tester:${form}@h.example/": no`)).toBe(
        'Get "https://tester:[redacted]@h.example/": no',
      );
    }
  });

  it('loses the secrets of rclone.conf, those inside a token and a signed address too', () => {
    const configFile = join(scratchDirectory(), 'rclone.conf');
    const lines = [
      '[one]',
      'type = sftp',
      `pass = ${obscure(new Secret(password))}`,
      '[two]',
      'type = drive',
      'token = {"access_token":"ya29.abcdefghijklmnop","token_type":"Bearer","expiry":"2026"}',
      '[three]',
      'type = azureblob',
      'sas_url = https://a.blob.example/box?sv=2020&sig=AbC%2Bdef%3D',
      '[four]',
      'type = webdav',
      'headers = Authorization,Bearer abcdef-123456,X-Quoted,say "hush" twice',
      '',
    ];
    writeFileSync(configFile, lines.join('\n'));
    const mask = maskFor({ configFile });
    expect(mask(`ssh: tried ${password}`)).toBe('ssh: tried [redacted]');
    expect(mask('token ya29.abcdefghijklmnop: expired')).toBe('token [redacted]: expired');
    expect(mask('Get "https://a.blob.example/box/key?sv=2020&sig=AbC%2Bdef%3D": EOF')).not.toMatch(/AbC/);
    expect(mask('Authorization: Bearer abcdef-123456')).toBe('Authorization: [redacted]');
    expect(mask('token abcdef-123456: no')).toBe('token [redacted]: no');
    expect(mask(String.raw`make "x,headers=\"a,say \"hush\" twice\":"`)).not.toContain('hush');
    expect(mask('type sftp, Bearer')).toBe('type sftp, Bearer');
  });

  it('stays as it is where nothing is secret, or rclone.conf is not there', () => {
    const mask = maskFor({
      configFile: '/nonexistent/rclone.conf',
      environment: { RCLONE_CONFIG_A_TYPE: 'local' },
    });
    expect(mask('directory not found')).toBe('directory not found');
  });
});
