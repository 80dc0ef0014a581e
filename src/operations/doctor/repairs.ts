/** Carrying out what `--fix` may do. Each repair is a small step that an operator would take by hand. */
import { chmodSync, lstatSync, rmSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ProfileLayout } from '../../clients/layout.ts';
import { withLock } from '../../clients/lock.ts';
import { readProfile } from '../../clients/profile-store.ts';
import { type Program, writeScripts } from '../../clients/scripts.ts';
import { recordedLinks } from '../../clients/summary.ts';
import { CryptosyncError, errnoOf, toCryptosyncError } from '../../system/errors.ts';
import { ensureDirectory, kindOf, replaceLink } from '../../system/files.ts';
import { clearInterruptedCreation } from '../../vaults/creation.ts';
import { setImmutable } from '../../vaults/mount-point.ts';
import { unmountVault } from '../../vaults/unmounting.ts';
import type { Vault } from '../../vaults/vault.ts';
import type { Context } from '../context.ts';
import { configLockRequest, vaultLockRequest } from '../locks.ts';
import { refreshSummary } from '../profile-change.ts';
import { vaultOf } from '../vault-of.ts';
import type { Diagnosis, Repair } from './finding.ts';
import { linksFoundIn } from './scripts.ts';

interface RepairInputs {
  readonly program: Program;
  readonly binDirectory: string | undefined;
}

export interface Fixed {
  readonly id: string;
  readonly subject: string;
  /** What was done. */
  readonly did: string;
}

/** Carries out what can be mended. What can't be is warned of, and found again by the next look. @throws INTERRUPTED */
export async function repairAll(
  context: Context,
  inputs: RepairInputs,
  diagnoses: readonly Diagnosis[],
): Promise<Fixed[]> {
  const fixed: Fixed[] = [];
  const done = new Set<string>();
  for (const { id, subject, repair } of diagnoses) {
    // three wrong scripts are one repair
    const same = JSON.stringify(repair);
    if (repair === undefined || done.has(same)) continue;
    done.add(same);
    context.signal?.throwIfAborted();
    context.log.write('INFO', `${subject}: doctor mends ${id}`);
    try {
      const did = await carryOut(context, repair, inputs);
      context.log.write('INFO', `${subject}: doctor ended: ${did}`);
      fixed.push({ id, subject, did });
    } catch (thrown) {
      const error = toCryptosyncError(thrown);
      if (error.code === 'INTERRUPTED') throw error;
      context.log.write('ERROR', `${subject}: doctor ended: ${id} is not mended: ${error.message}`);
      context.warn(`${subject}: ${id} could not be mended: ${error.message}`);
    }
  }
  return fixed;
}

/** @returns what was done, in the past tense. @throws LOCKED, MOUNT_BUSY and whatever stands in the way */
async function carryOut(context: Context, repair: Repair, inputs: RepairInputs): Promise<string> {
  switch (repair.kind) {
    case 'set-mode':
      await setMode(context, repair.path, repair.mode);
      return `set the mode of ${repair.path} to ${repair.mode.toString(8).padStart(4, '0')}`;
    case 'make-immutable':
      if (await setImmutable(repair.directory, true, context.environment))
        return `made ${repair.directory} immutable`;
      throw new CryptosyncError('CONFIG_INVALID', `${repair.directory} can't be made immutable`);
    case 'remove-link':
      if (kindOf(repair.path) === 'link') unlinkSync(repair.path);
      return `removed the link ${repair.path}`;
    case 'write-link':
      ensureDirectory(dirname(repair.path), 0o755);
      replaceLink(repair.path, repair.target);
      return `linked ${repair.path} to ${repair.target}`;
    case 'remove-leftover':
      rmSync(repair.path, { force: true });
      return `removed ${repair.path}`;
    case 'unmount':
      return await underVaultLock(context, repair.layout, async (vault) => {
        await unmountVault(vault, { lazily: false }, context);
        return `unmounted ${vault.mountDir}`;
      });
    case 'clear-workshop':
      return await underVaultLock(context, repair.layout, async (vault) => {
        await clearInterruptedCreation(vault.engine, vault.encryptedDir, context);
        return `removed what an interrupted install had left beside ${vault.encryptedDir}`;
      });
    case 'write-scripts':
      return await underConfigLock(context, repair.layout, () => {
        const written = writeScripts(repair.layout, context.root, inputs.program);
        return `wrote ${written.join(', ') || 'nothing: the scripts were right'}`;
      });
    case 'write-summary':
      return await underConfigLock(context, repair.layout, () => {
        refreshSummary(context, repair.layout, linksOf(repair.layout, inputs.binDirectory));
        return `wrote ${repair.layout.summary}`;
      });
  }
}

/** An immutable directory keeps its mode as well: the flag is taken off for the while. */
async function setMode({ environment }: Context, path: string, mode: number): Promise<void> {
  if (lstatSync(path).isSymbolicLink()) {
    throw new CryptosyncError('CONFIG_INVALID', `${path} is a link`, { hint: 'Look where it leads.' });
  }
  try {
    chmodSync(path, mode);
  } catch (error) {
    if (errnoOf(error) !== 'EPERM' || !(await setImmutable(path, false, environment))) throw error;
    try {
      chmodSync(path, mode);
    } finally {
      await setImmutable(path, true, environment);
    }
  }
}

/** A torn summary has forgotten the links: those that stand where links usually do are the profile's. */
function linksOf(layout: ProfileLayout, binDirectory: string | undefined): string[] {
  const recorded = recordedLinks(layout, layout.profile);
  return recorded.length > 0 ? recorded : linksFoundIn(layout, binDirectory);
}

async function underVaultLock(
  context: Context,
  layout: ProfileLayout,
  action: (vault: Vault) => Promise<string>,
): Promise<string> {
  const vault = vaultOf(layout, readProfile(layout));
  const lock = vaultLockRequest(layout, vault.encryptedDir, 'doctor', 0);
  return await withLock(lock, context, () => action(vault));
}

async function underConfigLock(
  context: Context,
  layout: ProfileLayout,
  action: () => string,
): Promise<string> {
  const lock = configLockRequest(layout, 'doctor', 0);
  return await withLock(lock, context, async () => action());
}
