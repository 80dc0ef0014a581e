/**
 * The proof: what was in the files that tell a vault from every other when it was last opened and its canary read.
 * Whatever is sent later must still be that, which shows without the password.
 */
import { createHash } from 'node:crypto';
import { CryptosyncError } from '../system/errors.ts';
import type { Engine, FileReader, IdentityLook, MadeWith } from './engines/engine.ts';
import { topFileReader } from './engines/top-file.ts';
import { readRecord, writeRecord } from './records.ts';
import type { Vault } from './vault.ts';

/** A look at an encrypted directory, with the digest of each file (SHA-256, hexadecimal; null: not there). */
export interface Identity extends IdentityLook {
  readonly digests: Readonly<Record<string, string | null>>;
}

export function identityIn(engine: Engine, read: FileReader): Identity {
  return identityFrom(engine.lookAtIdentity(read));
}

/** The same of a look that was taken before. */
export function identityFrom(look: IdentityLook): Identity {
  const digests = [...look.files].map(([name, content]) => [
    name,
    content === undefined ? null : createHash('sha256').update(content).digest('hex'),
  ]);
  return { ...look, digests: Object.fromEntries(digests) };
}

export function identityOf({ engine, encryptedDir }: Pick<Vault, 'engine' | 'encryptedDir'>): Identity {
  return identityIn(engine, topFileReader(encryptedDir));
}

/** The names of the files that differ between two looks. */
export function differences(a: Identity['digests'], b: Identity['digests']): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(
    (name) => (a[name] ?? null) !== (b[name] ?? null),
  );
}

export type Judgement =
  | { readonly kind: 'proven' }
  /** Nothing is known of it on this machine. */
  | { readonly kind: 'unproven' }
  /** A file can't be whole; `what` says which and why. */
  | { readonly kind: 'torn'; readonly what: string }
  /** Files that are whole, and not those that opened the vault. */
  | { readonly kind: 'changed'; readonly files: readonly string[] };

type Judged = Pick<Vault, 'recordsDirectory' | 'vaultId'>;

/** What was proven counts, however it looks: it did open the vault. */
export function judgeIdentity({ recordsDirectory, vaultId }: Judged, identity: Identity): Judgement {
  const proven = vaultId === undefined ? undefined : readProof(recordsDirectory, vaultId);
  const files = proven === undefined ? [] : differences(proven, identity.digests);
  if (proven !== undefined && files.length === 0) return { kind: 'proven' };
  if (identity.torn !== undefined) return { kind: 'torn', what: identity.torn };
  return proven === undefined ? { kind: 'unproven' } : { kind: 'changed', files };
}

function readProof(directory: string, vaultId: string): Identity['digests'] | undefined {
  const files = readRecord(directory, 'proof', vaultId)?.['files'];
  if (typeof files !== 'object' || files === null || Array.isArray(files)) return undefined;
  const isDigest = (value: unknown): boolean =>
    value === null || (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value));
  const entries = Object.entries(files);
  return entries.length > 0 && entries.every(([, value]) => isDigest(value))
    ? (files as Identity['digests'])
    : undefined;
}

/** Keeps what opened the vault just now. */
export function recordProof(directory: string, vaultId: string, { digests }: Identity): void {
  writeRecord(directory, 'proof', vaultId, { files: digests });
}

/**
 * What is about to be sent must be what was proven.
 * @returns the look; `isProven` is false when nothing is known on this machine, and the caller has to know otherwise.
 * @throws VAULT_MISMATCH
 */
export function verifyProven(vault: Vault): { readonly identity: Identity; readonly isProven: boolean } {
  const identity = identityOf(vault);
  const { encryptedDir } = vault;
  const judgement = judgeIdentity(vault, identity);
  if (judgement.kind === 'torn') throw torn(encryptedDir, judgement.what);
  if (judgement.kind === 'changed') {
    throw new CryptosyncError(
      'VAULT_MISMATCH',
      `${listed(judgement.files)} in ${encryptedDir} is not what opened this vault last`,
      {
        advice: { to: 'prove-by-mount', files: judgement.files },
        details: { changed: judgement.files },
      },
    );
  }
  verifyMadeWith(vault.madeWith, identity.madeWith, encryptedDir);
  return { identity, isProven: judgement.kind === 'proven' };
}

/** @param place where the torn file lies. */
export function torn(place: string, what: string): CryptosyncError {
  return new CryptosyncError('VAULT_MISMATCH', `${what}, in ${place}: nothing in the vault decrypts so`, {
    advice: { to: 'restore-torn-config' },
    details: { torn: what },
  });
}

/** What a vault was made with does not change by itself (hazards.md G17). @throws VAULT_MISMATCH */
export function verifyMadeWith(
  expected: MadeWith | undefined,
  found: MadeWith | undefined,
  place: string,
): void {
  if (expected === undefined || found === undefined) return;
  const lacks = expected.filter((word) => !found.includes(word));
  const adds = found.filter((word) => !expected.includes(word));
  if (lacks.length === 0 && adds.length === 0) return;
  const said = [
    ...(lacks.length === 0 ? [] : [`without ${listed(lacks)}`]),
    ...(adds.length === 0 ? [] : [`with ${listed(adds)}`]),
  ].join(' and ');
  throw new CryptosyncError(
    'VAULT_MISMATCH',
    `the vault in ${place} is encrypted otherwise than it was made: ${said}`,
    {
      advice: { to: 'accept-other-making' },
      details: { expected, found },
    },
  );
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
