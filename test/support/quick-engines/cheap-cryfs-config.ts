/**
 * Writes the `cryfs.config` of a new vault before CryFS (0.10 and later) is started on it, with a key derivation that
 * costs next to nothing; CryFS opens it and makes the vault's root. Called with CryFS's own arguments and the password
 * on stdin: prints the path of a file with what it read there, or nothing when there is nothing to write.
 */
import { createCipheriv, randomBytes, scryptSync } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const cipher = 'aes-256-gcm';
/** scrypt's N, r and p. CryFS itself takes 2^20, 4, 8. */
const cost = { N: 2, r: 1, p: 1 };
const keyBytes = 32;

const text = (word: string): Buffer => Buffer.from(`${word}\0`);
const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const uint64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const padded = (content: Buffer, size: number): Buffer =>
  Buffer.concat([uint32(content.length), content, randomBytes(size - content.length - 4)]);

function sealed(content: Buffer, key: Buffer): Buffer {
  const nonce = randomBytes(16);
  const sealing = createCipheriv(cipher, key, nonce);
  return Buffer.concat([nonce, sealing.update(content), sealing.final(), sealing.getAuthTag()]);
}

const hex = (): string => randomBytes(16).toString('hex').toUpperCase();

function configFor(password: string): Buffer {
  const cryfs = {
    rootblob: '',
    key: randomBytes(keyBytes).toString('hex').toUpperCase(),
    cipher,
    version: '0.10',
    createdWithVersion: '0.11.3',
    lastOpenedWithVersion: '0.11.3',
    blocksizeBytes: '16384',
    filesystemId: hex(),
    migrations: { hasVersionNumbers: 'true', hasParentPointers: 'true' },
  };
  const salt = randomBytes(32);
  const keys = scryptSync(password, salt, 2 * keyBytes, cost);
  const inner = sealed(padded(Buffer.from(JSON.stringify({ cryfs })), 900), keys.subarray(keyBytes));
  const box = Buffer.concat([text('cryfs.config.inner;0'), text(cipher), inner]);
  const derivation = Buffer.concat([uint64(cost.N), uint32(cost.r), uint32(cost.p), salt]);
  return Buffer.concat([
    text('cryfs.config;1;scrypt'),
    uint64(derivation.length),
    derivation,
    sealed(padded(box, 1024), keys.subarray(0, keyBytes)),
  ]);
}

const { values, positionals } = parseArgs({
  strict: false,
  allowPositionals: true,
  options: {
    config: { type: 'string', short: 'c' },
    cipher: { type: 'string' },
    'unmount-idle': { type: 'string' },
    o: { type: 'string', short: 'o', multiple: true },
  },
});
const [directory] = positionals;
const isNew =
  directory !== undefined &&
  positionals.length === 2 &&
  (values.cipher ?? cipher) === cipher &&
  (!existsSync(directory) || readdirSync(directory).length === 0);
const file = typeof values.config === 'string' ? values.config : join(directory ?? '', 'cryfs.config');
if (isNew && !existsSync(file)) {
  const read = readFileSync(0);
  mkdirSync(directory, { recursive: true });
  writeFileSync(file, configFor(read.toString('utf8').split('\n')[0] ?? ''), { mode: 0o644 });
  const again = join(mkdtempSync(join(tmpdir(), 'cryptosync-test-')), 'password');
  writeFileSync(again, read, { mode: 0o600 });
  process.stdout.write(again);
}
