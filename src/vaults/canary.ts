/**
 * The canary: a small file inside the vault. Read through a mount, it proves that the mount is there and that
 * configuration, password and ciphertext belong together; nothing weaker does (hazards.md G8, C1). It holds the vault's
 * id, its seal key, and what it was made with, which nobody can change who can't open the vault.
 */
import type { Secret } from '../secrets/secret.ts';
import { parseStoredJson } from '../system/paths/stored-json.ts';
import type { MadeWith } from './engines/engine.ts';
import { type FoundText, prepareReading, readFileInMount, writeFileInMount } from './mounts/mount-access.ts';
import { parseSealKey, sealKeyText } from './seal-key.ts';

export const canaryName = '.cryptosync-vault';

export interface Canary {
  readonly vaultId: string;
  /** Undefined, as the next, in a canary of an older version, which held the id alone. */
  readonly sealKey: Secret | undefined;
  readonly madeWith: MadeWith | undefined;
}

export type CanaryReading =
  | { readonly kind: 'present'; readonly canary: Canary }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable'; readonly said: string };

/** @throws MOUNT_FAILED when the mount does not answer */
export async function readCanary(mountDir: string): Promise<CanaryReading> {
  return readingOf(await readFileInMount(mountDir, canaryName));
}

/** Prepares the reading of the canary of a vault that is about to be mounted. @param below as for `prepareReading` */
export function prepareCanaryReading(
  mountDir: string,
  below: number,
): {
  /** As `readCanary`. */
  read(): Promise<CanaryReading>;
  forget(): void;
} {
  const { read, forget } = prepareReading(mountDir, canaryName, below);
  return { read: async () => readingOf(await read()), forget };
}

function readingOf(found: FoundText): CanaryReading {
  if (found.kind !== 'text') return found;
  const canary = parseCanary(found.text);
  return canary === undefined
    ? { kind: 'unreadable', said: 'it holds something else than a canary' }
    : { kind: 'present', canary };
}

/** An older canary is its vault's id and no more. */
const bareId = /^[^\p{Cc}{}"]{1,256}$/u;

function parseCanary(text: string): Canary | undefined {
  const trimmed = text.trim();
  if (bareId.test(trimmed)) return { vaultId: trimmed, sealKey: undefined, madeWith: undefined };
  try {
    const { version, vaultId, sealKey, madeWith } = parseStoredJson(trimmed) as Readonly<
      Record<string, unknown>
    >;
    const key = parseSealKey(sealKey);
    if (version !== 1 || typeof vaultId !== 'string' || vaultId === '' || key === undefined) return undefined;
    if (madeWith !== undefined && !isMadeWith(madeWith)) return undefined;
    return { vaultId, sealKey: key, madeWith };
  } catch {
    return undefined;
  }
}

function isMadeWith(value: unknown): value is MadeWith {
  return Array.isArray(value) && value.every((word) => typeof word === 'string');
}

/** Writes the canary into a mounted vault. @throws MOUNT_FAILED, DISK_FULL */
export async function writeCanary(
  mountDir: string,
  canary: Canary & { readonly sealKey: Secret },
): Promise<void> {
  const { vaultId, sealKey, madeWith } = canary;
  const content = { version: 1, vaultId, sealKey: sealKeyText(sealKey), madeWith };
  await writeFileInMount(mountDir, canaryName, `${JSON.stringify(content)}\n`);
}
