/**
 * Whether what was mounted is the vault that it should be. The canary tells; where it was lost or replaced, the proof
 * of an earlier mount does; where that does not know either, the operator has to say so after a look.
 */
import type { Secret } from '../secrets/secret.ts';
import { CryptosyncError, toCryptosyncError } from '../system/errors.ts';
import { type Canary, type CanaryReading, canaryName, readCanary, writeCanary } from './canary.ts';
import type { MadeWith } from './engines/engine.ts';
import { isMountEmpty } from './mounts/mount-access.ts';
import {
  differences,
  type Identity,
  identityOf,
  type Judgement,
  judgeIdentity,
  recordProof,
  verifyMadeWith,
} from './proof.ts';
import { keepSealKey, newSealKey, readSealKey } from './seal-key.ts';
import type { Vault } from './vault.ts';
import { inspectEncryptedDirectory } from './vault-directory.ts';

/** What the caller says of the vault. */
export interface Claim {
  /** The id for a vault that has none yet. */
  readonly newVaultId: string;
  /** That id is not new: the remote says that the vault has it, so a canary with another one is refused. */
  readonly isKnown?: boolean | undefined;
  /** The operator has looked: whatever opened is the profile's vault. */
  readonly accept?: boolean | undefined;
}

/** How a vault was opened just now. */
export interface Opening {
  /** What told it from others before; undefined for a vault that was made by opening it. */
  readonly before: Identity | undefined;
  readonly madeWith: MadeWith | undefined;
  readonly readOnly: boolean;
  readonly claim: Claim;
  /** What was read of its canary. */
  readonly reading: CanaryReading;
}

export interface Confirmed {
  /** Undefined only for a vault that has no canary yet and was mounted to read. */
  readonly vaultId: string | undefined;
  /** Of a vault that was opened just now, where its engine says. */
  readonly madeWith?: MadeWith | undefined;
  /** What an operator should know. */
  readonly warnings: readonly string[];
}

/** What the canary says: `lost` for one that is missing, unreadable or another vault's. */
type Finding =
  | { readonly kind: 'right'; readonly canary: Canary }
  | { readonly kind: 'new' }
  | { readonly kind: 'lost'; readonly what: string; readonly found?: string };

function findingOf(reading: CanaryReading, { vaultId }: Vault, claim: Claim): Finding {
  if (reading.kind === 'unreadable')
    return { kind: 'lost', what: `its ${canaryName} can't be read: ${reading.said}` };
  if (reading.kind === 'absent') {
    return vaultId === undefined ? { kind: 'new' } : { kind: 'lost', what: `it has no ${canaryName}` };
  }
  const { canary } = reading;
  const expected = vaultId ?? (claim.isKnown ? claim.newVaultId : undefined);
  if (expected !== undefined && canary.vaultId !== expected) {
    return { kind: 'lost', what: `its ${canaryName} is of another vault`, found: canary.vaultId };
  }
  return { kind: 'right', canary };
}

/** A vault that was mounted before: its canary must be right; what it was opened with is not known. @throws VAULT_MISMATCH */
export async function confirmMountedBefore(
  vault: Vault,
  readOnly: boolean,
  claim: Claim,
): Promise<Confirmed> {
  const finding = findingOf(await readCanary(vault.mountDir), vault, claim);
  if (finding.kind === 'right') return { vaultId: finding.canary.vaultId, warnings: [] };
  if (finding.kind === 'lost') {
    throw new CryptosyncError('VAULT_MISMATCH', `the vault is mounted, but ${finding.what}`, {
      advice: { to: 'mount-again-to-tell' },
      details: { expected: vault.vaultId, ...(finding.found && { found: finding.found }) },
    });
  }
  if (readOnly) return { vaultId: undefined, warnings: [] };
  const madeWith = identityOf(vault).madeWith ?? vault.madeWith;
  await giveCanary(vault, { vaultId: claim.newVaultId, sealKey: newSealKey(), madeWith });
  return { vaultId: claim.newVaultId, warnings: [] };
}

/**
 * A vault that was opened just now. What opened it is proven from here on.
 * @throws VAULT_MISMATCH; then nothing was written into it
 */
export async function confirmOpened(vault: Vault, opening: Opening): Promise<Confirmed> {
  const { claim, readOnly, reading } = opening;
  const read = reading.kind === 'present' ? reading.canary : undefined;
  if (!claim.accept) verifyMadeWith(read?.madeWith, opening.madeWith, vault.encryptedDir);
  const finding = findingOf(reading, vault, claim);
  const warnings = finding.kind === 'lost' ? [verifyOurs(vault, opening, finding)] : [];
  const known = finding.kind === 'right' ? finding.canary : undefined;
  const madeWith = opening.madeWith ?? known?.madeWith;
  if (finding.kind === 'new') warnings.push(...vault.engine.weaknessesOf(madeWith ?? []));
  if (finding.kind === 'new' && readOnly) return { vaultId: undefined, madeWith, warnings };
  const vaultId = known?.vaultId ?? vault.vaultId ?? claim.newVaultId;
  const kept = known?.sealKey ?? readSealKey(vault.recordsDirectory, vaultId);
  const sealKey = kept ?? (readOnly ? undefined : newSealKey());
  if (sealKey !== undefined && !readOnly) {
    const canary = { vaultId, sealKey, madeWith };
    if (known === undefined) await giveCanary(vault, canary);
    else if (!isSame(known, canary)) {
      warnings.push(...(await tolerate(() => writeCanary(vault.mountDir, canary))));
    }
  }
  warnings.push(...(await tolerate(() => remember(vault, vaultId, opening, sealKey))));
  return { vaultId, madeWith, warnings };
}

/** What an older version wrote, or what was accepted, is written as it is now. */
function isSame({ sealKey, madeWith }: Canary, wanted: Canary): boolean {
  return sealKey !== undefined && JSON.stringify(madeWith) === JSON.stringify(wanted.madeWith);
}

/** A full disk must not keep an operator from a vault in which room could be made. */
async function tolerate(action: () => unknown): Promise<string[]> {
  try {
    await action();
    return [];
  } catch (thrown) {
    return [`what proves this vault could not be written down: ${toCryptosyncError(thrown).message}`];
  }
}

/** Keeps the proof, unless what was looked at before is not what is there now: then nobody knows what opened it. */
function remember(vault: Vault, vaultId: string, { before }: Opening, sealKey: Secret | undefined): void {
  const { engine, recordsDirectory } = vault;
  if (sealKey !== undefined) keepSealKey(recordsDirectory, vaultId, sealKey);
  const now = identityOf(vault);
  const isSame = before === undefined || differences(before.digests, now.digests).length === 0;
  if (isSame || engine.rewritesConfig) recordProof(recordsDirectory, vaultId, now);
}

/**
 * Without its canary a vault is still known by what opened it, when that is what opened it before.
 * @returns what to tell of it. @throws VAULT_MISMATCH
 */
function verifyOurs(
  vault: Vault,
  { before, readOnly, claim }: Opening,
  { what, found }: Finding & { readonly kind: 'lost' },
): string {
  const judgement = before === undefined ? undefined : judgeIdentity(vault, before);
  const isProven = judgement?.kind === 'proven';
  if (isProven || (claim.accept && !readOnly)) {
    const why = isProven
      ? `the configuration is what opened this vault before, so it is the right one`
      : 'it was accepted as this vault';
    return `${what}: ${why}${readOnly ? '' : `, and a new ${canaryName} was put there`}`;
  }
  const known = judgement === undefined ? 'it is new' : describeJudgement(judgement);
  throw new CryptosyncError(
    'VAULT_MISMATCH',
    `what was mounted is not known to be the right vault: ${what}, and ${known}`,
    {
      advice: { to: 'accept-vault' },
      details: {
        expected: vault.vaultId ?? claim.newVaultId,
        ...(found !== undefined && { found }),
        ...(judgement?.kind === 'changed' && { changed: judgement.files }),
      },
    },
  );
}

function describeJudgement(judgement: Judgement): string {
  if (judgement.kind === 'torn') return judgement.what;
  return judgement.kind === 'changed'
    ? `${judgement.files.join(' and ')} is not what opened this vault before`
    : 'this machine has not opened it before';
}

/**
 * Writes the canary anew. A foreign configuration shows a vault full of ciphertext as an empty directory: then nothing
 * is written. @throws VAULT_MISMATCH
 */
async function giveCanary(
  { engine, encryptedDir, mountDir }: Vault,
  canary: Parameters<typeof writeCanary>[1],
): Promise<void> {
  const content = inspectEncryptedDirectory(engine, encryptedDir);
  if (content.kind === 'vault' && content.hasContent && (await isMountEmpty(mountDir))) {
    throw new CryptosyncError(
      'VAULT_MISMATCH',
      'the encrypted directory holds files, but none of them decrypts: its configuration file is of another vault',
      {
        advice: { to: 'compare-with-copy' },
      },
    );
  }
  await writeCanary(mountDir, canary);
}
