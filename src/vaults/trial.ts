/**
 * Opening a copy of a vault to see whether it is one: to read only, at a mount directory of its own, with what the engine
 * remembers kept apart, so that neither the vault that is in use nor what is known of it is touched.
 */
import { mkdtempSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Secret } from '../secrets/secret.ts';
import { ensureDirectory, kindOf } from '../system/files.ts';
import { removeIfEmpty, removeTree } from '../system/paths/removal.ts';
import { temporaryDirectory } from '../system/paths/temporary.ts';
import { verifyWay } from '../system/paths/walk.ts';
import type { Engine, EngineDependencies, MadeWith } from './engines/engine.ts';
import { mountVault } from './mounting.ts';
import { setImmutable } from './mounts/mount-point.ts';
import { readSealKey } from './seal-key.ts';
import { unmountVault } from './unmounting.ts';
import type { Vault } from './vault.ts';

export interface TrialCopy {
  readonly engine: Engine;
  /** Resolved and absolute. */
  readonly encryptedDir: string;
  /** Whose vault it should be; undefined where nobody knows. */
  readonly vaultId: string | undefined;
  /** What it should be made with; undefined where nobody knows. */
  readonly madeWith: MadeWith | undefined;
  /** A directory of ours for the mount and what the engine remembers; removed afterwards. */
  readonly workshop: string;
}

/** A copy while it is open. */
export interface OpenTrial {
  readonly mountDir: string;
  readonly vaultId: string | undefined;
  readonly madeWith: MadeWith | undefined;
  /** What the vault seals with; undefined for one of an earlier version. The caller wipes it. */
  readonly sealKey: Secret | undefined;
}

/**
 * @throws every code of `mountVault`: WRONG_PASSWORD, VAULT_MISMATCH for another vault than it should be, …; and what
 * `action` throws. Nothing is mounted then.
 */
export async function tryOpening<Result>(
  copy: TrialCopy,
  password: Secret,
  dependencies: EngineDependencies,
  action: (open: OpenTrial) => Promise<Result>,
): Promise<Result> {
  const { workshop, vaultId = '' } = copy;
  const vault = vaultIn(copy);
  await clear(workshop, vault, dependencies);
  ensureDirectory(vault.stateDirectory, 0o700);
  try {
    const options = { readOnly: true, idle: undefined, allowOther: false };
    const claim = { newVaultId: vaultId };
    const opened = await mountVault(vault, password, options, claim, dependencies);
    const sealKey =
      opened.vaultId === undefined ? undefined : readSealKey(vault.recordsDirectory, opened.vaultId);
    const { vaultId: found, madeWith } = opened;
    return await action({ mountDir: vault.mountDir, vaultId: found, madeWith, sealKey });
  } finally {
    await clear(workshop, vault, { environment: dependencies.environment });
  }
}

/** What a path is called on the other side of an engine. */
export interface Names {
  encrypted(plain: string): Promise<string | undefined>;
  decrypted(cipher: string): Promise<string | undefined>;
}

/**
 * Mounts a copy that may be incomplete, to ask what paths in the clear are called in it, and the other way round.
 * @param action is given the questions; `undefined` is the answer where a directory above is not there.
 * @throws WRONG_PASSWORD and what else the engine's `mount` throws, MOUNT_FAILED, what `action` throws
 */
export async function whileNaming<Result>(
  copy: TrialCopy,
  password: Secret,
  dependencies: EngineDependencies,
  action: (names: Names) => Promise<Result>,
): Promise<Result> {
  const { workshop, engine, encryptedDir } = copy;
  const vault = vaultIn(copy);
  await clear(workshop, vault, dependencies);
  ensureDirectory(vault.mountDir, 0o700);
  // a socket's path is short (unix(7)), and a workshop may lie deep
  const corner = mkdtempSync(join(temporaryDirectory(), 'cryptosync-'));
  try {
    const controlSocket = join(corner, 'socket');
    const options = { readOnly: true, idle: undefined, allowOther: false, controlSocket };
    await engine.mount(encryptedDir, vault.mountDir, password, options, vault, dependencies);
    return await action({
      encrypted: async (plain) => await engine.encryptPath?.(controlSocket, plain),
      decrypted: async (cipher) => await engine.decryptPath?.(controlSocket, cipher),
    });
  } finally {
    await clear(workshop, vault, { environment: dependencies.environment });
    removeTree(corner);
  }
}

function vaultIn(copy: TrialCopy): Vault {
  const { workshop } = copy;
  const [mountDir, stateDirectory] = [join(workshop, 'plain'), join(workshop, 'state')];
  return { ...copy, mountDir, stateDirectory, recordsDirectory: join(workshop, 'records') };
}

/** What a run that was killed has left is taken away first. */
async function clear(workshop: string, vault: Vault, dependencies: EngineDependencies): Promise<void> {
  if (kindOf(workshop) === 'none') return;
  // a link that somebody set there is not followed
  verifyWay(workshop, dirname(workshop));
  await unmountVault(vault, { lazily: false }, dependencies);
  await setImmutable(vault.mountDir, false, dependencies.environment);
  // not recursive: should it be mounted all the same, nothing in it is touched
  removeIfEmpty(vault.mountDir, dirname(workshop));
  removeTree(workshop);
}
