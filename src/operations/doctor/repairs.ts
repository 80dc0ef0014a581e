/** Carrying out what `--fix` may do. Each repair is a small step that an operator would take by hand. */
import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { clientLayout, type ProfileLayout } from '../../clients/layout.ts';
import { parseClientId } from '../../clients/names.ts';
import { readProfile } from '../../clients/profile-store.ts';
import { type Program, writeScripts } from '../../clients/scripts.ts';
import { recordedLinks } from '../../clients/summary.ts';
import { linksFoundIn } from '../../doctor/checks/scripts.ts';
import type { ProfileCase } from '../../doctor/examination.ts';
import type { Diagnosis, Repair } from '../../doctor/finding.ts';
import { type Ending, logged } from '../../runs/recorded.ts';
import { CryptosyncError, errnoOf, toCryptosyncError } from '../../system/errors.ts';
import { changeMode, ensureDirectory, kindOf, replaceLink } from '../../system/files.ts';
import { removeFile } from '../../system/paths/removal.ts';
import { clearInterruptedCreation } from '../../vaults/creation.ts';
import { setImmutable } from '../../vaults/mounts/mount-point.ts';
import { unmountVault } from '../../vaults/unmounting.ts';
import type { Vault } from '../../vaults/vault.ts';
import { refreshSummary } from '../config/profile-change.ts';
import type { Context } from '../context.ts';
import { configLockRequest, vaultLockRequest } from '../locks.ts';
import { rewriteJob } from '../schedule/rewrite.ts';
import { settleVault } from '../settle.ts';
import { underLocks } from '../under-locks.ts';

interface RepairInputs {
  /** What has been tried: three wrong scripts are one repair, and none is tried twice. */
  readonly tried: Set<string>;
  readonly program: Program;
  readonly binDirectory: string | undefined;
  readonly lookAgainAt: (client: string) => Promise<SecondLook>;
}

/** What a client looks like when a repair is about to begin. */
export interface SecondLook {
  readonly cases: readonly ProfileCase[];
  readonly diagnoses: readonly Diagnosis[];
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
  for (const { id, subject, repair } of diagnoses) {
    const same = JSON.stringify(repair);
    if (repair === undefined || inputs.tried.has(same)) continue;
    inputs.tried.add(same);
    context.signal?.throwIfAborted();
    const work = async (): Promise<string | undefined> =>
      repair.kind === 'close' ? close(repair) : await mend(context, subject, repair, inputs);
    const describe = (did: string | undefined): Ending => ({
      outcome: did === undefined ? 'in order' : 'mended',
      did,
    });
    try {
      const run = { subject, operation: 'doctor', intent: `mends ${id}` };
      const did = await logged(context, run, work, { describe });
      if (did !== undefined) fixed.push({ id, subject, did });
    } catch (thrown) {
      const error = toCryptosyncError(thrown);
      if (error.code === 'INTERRUPTED') throw error;
      context.warn(`${subject}: ${id} could not be mended: ${error.message}`);
    }
  }
  return fixed;
}

/**
 * Mends what is still to be mended when nobody else is at work on it: a mount that was dead may serve again.
 * @returns what was done; undefined when it needs no mending any more.
 * @throws LOCKED and whatever stands in the way
 */
async function mend(
  context: Context,
  subject: string,
  repair: Exclude<Repair, { kind: 'close' }>,
  inputs: RepairInputs,
): Promise<string | undefined> {
  const client = parseClientId(subject.split('/')[0] ?? '');
  const same = JSON.stringify(repair);
  return await underLocks<SecondLook, string | undefined>(
    context,
    { wait: 0 },
    {
      look: () => inputs.lookAgainAt(client),
      locks: ({ cases }) => [
        configLockRequest(clientLayout(context.root, client), 'doctor'),
        ...cases
          .filter((one) => isAbout(repair, one))
          .map(({ layout, vault }) => vaultLockRequest(layout, vault.encryptedDir, 'doctor')),
      ],
      async act({ cases, diagnoses }) {
        if (!diagnoses.some((found) => JSON.stringify(found.repair) === same)) return undefined;
        return await carryOut(context, repair, {
          ...inputs,
          vault: cases.find((one) => isAbout(repair, one))?.vault,
        });
      },
    },
  );
}

/**
 * Takes from others what they may do with a path. No lock is taken: there is none that could be believed as long as
 * others can get at it, and nobody is disturbed. @returns as `mend`
 */
function close({ path, mode }: Extract<Repair, { kind: 'close' }>): string | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || (stats.mode & 0o7777 & ~mode) === 0) return undefined;
  const closed = stats.mode & 0o7777 & mode;
  changeMode(path, closed);
  return didSetMode(path, closed);
}

/** True for a repair that touches the vault or its mount directory. */
function isAbout(repair: Repair, { layout, vault }: ProfileCase): boolean {
  switch (repair.kind) {
    case 'unmount':
    case 'clear-workshop':
    case 'settle-vault':
      return repair.layout.profile === layout.profile;
    case 'make-immutable':
      return repair.directory === vault.mountDir;
    case 'set-mode':
      return repair.path === vault.mountDir || repair.path === vault.encryptedDir;
    default:
      return false;
  }
}

/** @returns what was done, in the past tense; the caller holds the locks. @throws MOUNT_BUSY and the like */
async function carryOut(
  context: Context,
  repair: Exclude<Repair, { kind: 'close' }>,
  inputs: RepairInputs & { readonly vault: Vault | undefined },
): Promise<string> {
  switch (repair.kind) {
    case 'set-mode':
      await setMode(context, repair.path, repair.mode);
      return didSetMode(repair.path, repair.mode);
    case 'make-immutable':
      if (await setImmutable(repair.directory, true, context.environment))
        return `made ${repair.directory} immutable`;
      throw new CryptosyncError('CONFIG_INVALID', `${repair.directory} can't be made immutable`);
    case 'remove-link':
      if (kindOf(repair.path) === 'link') removeFile(repair.path);
      return `removed the link ${repair.path}`;
    case 'write-link':
      ensureDirectory(dirname(repair.path), 0o755);
      replaceLink(repair.path, repair.target);
      return `linked ${repair.path} to ${repair.target}`;
    case 'remove-leftover':
      removeFile(repair.path);
      return `removed ${repair.path}`;
    case 'unmount': {
      const vault = inputs.vault ?? goneVault();
      await unmountVault(vault, { lazily: false }, context);
      return `unmounted ${vault.mountDir}`;
    }
    case 'clear-workshop': {
      const { engine, encryptedDir } = inputs.vault ?? goneVault();
      await clearInterruptedCreation(engine, encryptedDir, context);
      return `removed what an interrupted install had left beside ${encryptedDir}`;
    }
    case 'settle-vault': {
      const vault = inputs.vault ?? goneVault();
      await settleVault(context, repair.layout, readProfile(repair.layout), vault);
      return `removed what a passwd that was cut off had left of ${vault.encryptedDir}`;
    }
    case 'write-scripts': {
      const written = writeScripts(repair.layout, context.root, inputs.program);
      return `wrote ${written.join(', ') || 'nothing: the scripts were right'}`;
    }
    case 'write-schedule': {
      const { layout, job: kind } = repair;
      const written = await rewriteJob(context, layout, { kind, program: inputs.program });
      return `wrote ${written.join(', ')}, and turned its ${kind} on`;
    }
    case 'write-summary':
      refreshSummary(context, repair.layout, linksOf(repair.layout, inputs.binDirectory));
      return `wrote ${repair.layout.summary}`;
  }
}

const didSetMode = (path: string, mode: number): string =>
  `set the mode of ${path} to ${mode.toString(8).padStart(4, '0')}`;

function goneVault(): never {
  throw new CryptosyncError('PROFILE_NOT_FOUND', 'the profile is gone');
}

/** An immutable directory keeps its mode as well: the flag is taken off for the while. */
async function setMode({ environment }: Context, path: string, mode: number): Promise<void> {
  if (lstatSync(path).isSymbolicLink()) {
    throw new CryptosyncError('CONFIG_INVALID', `${path} is a link`, {
      advice: { to: 'look-where-link-leads' },
    });
  }
  try {
    changeMode(path, mode);
  } catch (error) {
    if (errnoOf(error) !== 'EPERM' || !(await setImmutable(path, false, environment))) throw error;
    try {
      changeMode(path, mode);
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
