import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { obscure } from '../../src/remotes/rclone/obscure.ts';
import { generateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import { Secret } from '../../src/secrets/secret.ts';

const reveal = (obscured: string): string =>
  execFileSync('rclone', ['--config', '', 'reveal', '--', obscured], { encoding: 'utf8' }).slice(0, -1);

describe('obscure and the real rclone', () => {
  const values = [
    'x',
    '-starts with a hyphen',
    'fifteen bytes !',
    'sixteen bytes !!',
    'seventeen bytes!!',
    'ünïcödé ключ 鍵 🗝',
    '  spaces around  ',
    `quotes " ' \` $HOME \\ %s`,
    'a'.repeat(2048),
    ...Array.from({ length: 25 }, () => generateEncryptionKey()),
    ...Array.from({ length: 25 }, (_, index) => randomBytes(index + 1).toString('hex')),
  ];

  it.each(values)('rclone reveal gives back what was obscured (%#)', (value) => {
    expect(reveal(obscure(new Secret(value)))).toBe(value);
  });
});
