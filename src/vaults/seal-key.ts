/**
 * The seal key: 32 random bytes in a vault's canary, and this machine's copy of them outside of the vault. With it
 * what is said of the vault on a remote can be sealed, and on a bare server checked, once the vault has been opened.
 */
import { randomBytes } from 'node:crypto';
import { Secret } from '../secrets/secret.ts';
import { readRecord, writeRecord } from './records.ts';

const length = 32;

export function newSealKey(): Secret {
  return new Secret(randomBytes(length));
}

/** The key in its canonical base64; undefined for anything else. */
export function parseSealKey(text: unknown): Secret | undefined {
  if (typeof text !== 'string') return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === length && bytes.toString('base64') === text ? new Secret(bytes) : undefined;
}

export function sealKeyText(key: Secret): string {
  return key.reveal().toString('base64');
}

/**
 * This machine's copy of a vault's seal key.
 * @param directory the client's state directory. @returns undefined until the vault was opened by this version
 */
export function readSealKey(directory: string, vaultId: string): Secret | undefined {
  return parseSealKey(readRecord(directory, 'seal', vaultId)?.['key']);
}

export function keepSealKey(directory: string, vaultId: string, key: Secret): void {
  writeRecord(directory, 'seal', vaultId, { key: sealKeyText(key) });
}
