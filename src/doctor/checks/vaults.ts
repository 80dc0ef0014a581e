/** The encrypted directory: whether the vault is there, whole as far as that shows without its password. */
import { accessSync, constants } from 'node:fs';
import { vaultLock } from '../../clients/layout.ts';
import { engineStatesOfVault } from '../../clients/sharing.ts';
import { errnoOf } from '../../system/errors.ts';
import { kindOf } from '../../system/files.ts';
import { whySick } from '../../system/stores/stores.ts';
import { workshopFor } from '../../vaults/creation.ts';
import { findCutOffChange } from '../../vaults/password-change.ts';
import { identityOf, judgeIdentity } from '../../vaults/proof.ts';
import { inspectEncryptedDirectory } from '../../vaults/vault-directory.ts';
import type { Examination, ProfileCase } from '../examination.ts';
import { namesOf } from '../examination.ts';
import { type Diagnosis, mendOf } from '../finding.ts';

export function checkVault(examination: Examination, one: ProfileCase): Diagnosis[] {
  if (whySick(one.vault.encryptedDir) !== undefined) return [];
  return [
    ...checkPresence(one),
    ...checkIntegrity(one),
    ...checkWorkshop(one),
    ...checkPasswordChange(examination, one),
  ];
}

function checkPresence(one: ProfileCase): Diagnosis[] {
  const { name, layout, vault } = one;
  const { engine, encryptedDir } = vault;
  const content = inspectEncryptedDirectory(engine, encryptedDir);
  const base = { severity: 'error' as const, subject: name };
  if (content.kind === 'vault') {
    return [...checkConfigFile(one), ...checkAccess(one), ...checkId(one)];
  }
  if (content.kind === 'other') {
    return [
      {
        ...base,
        id: 'vault-without-config',
        what: `${encryptedDir} holds files but no ${engine.configFile}`,
        why: 'Without that file nothing in it can be decrypted, by nobody.',
        mend: { to: 'bring-file-back', file: engine.configFile },
      },
    ];
  }
  if (vault.vaultId === undefined) {
    return [
      {
        ...base,
        id: 'vault-missing',
        severity: 'warning',
        what: `there is no vault yet: ${encryptedDir} ${content.kind === 'empty' ? 'is empty' : 'does not exist'}`,
        why: 'An install was interrupted.',
        mend: { to: 'install-profile', ...namesOf(layout) },
      },
    ];
  }
  return [
    {
      ...base,
      id: 'vault-missing',
      what: `the vault is gone: ${encryptedDir} ${content.kind === 'empty' ? 'is empty' : 'does not exist'}`,
      why: 'Its files exist on the remote only, if at all.',
      mend: { to: 'mount-disk-or-restore' },
    },
  ];
}

function checkConfigFile({ name, layout, vault }: ProfileCase): Diagnosis[] {
  const identity = identityOf(vault);
  const judgement = judgeIdentity(vault, identity);
  if (judgement.kind === 'proven' || judgement.kind === 'unproven') {
    return vault.engine.weaknessesOf(identity.madeWith ?? []).map((weakness) => ({
      id: 'vault-weak',
      severity: 'info',
      subject: name,
      what: weakness,
      why: 'The vault was made so before it was adopted.',
      mend: null,
    }));
  }
  if (judgement.kind === 'changed') {
    return [
      {
        id: 'vault-unproven',
        severity: 'warning',
        subject: name,
        what: `${judgement.files.join(' and ')} is not what opened the vault last`,
        why: 'Nothing is sent until the vault was opened with it.',
        mend: { to: 'mount-profile', ...namesOf(layout) },
      },
    ];
  }
  return [
    {
      id: 'vault-config-torn',
      severity: 'error',
      subject: name,
      what: `${judgement.what}, in ${vault.encryptedDir}`,
      why: 'Without what stood in it nothing in the vault can be decrypted, by nobody.',
      mend: { to: 'bring-it-back' },
    },
  ];
}

function checkAccess({ name, vault }: ProfileCase): Diagnosis[] {
  try {
    accessSync(vault.encryptedDir, constants.R_OK | constants.W_OK | constants.X_OK);
    return [];
  } catch (error) {
    const isReadOnly = errnoOf(error) === 'EROFS';
    return [
      {
        id: 'vault-not-writable',
        severity: isReadOnly ? 'warning' : 'error',
        subject: name,
        what: `${vault.encryptedDir} ${isReadOnly ? 'lies on a read-only file system' : "can't be used by this user"}`,
        why: 'The vault can only be mounted to read, if at all.',
        mend: isReadOnly ? { to: 'look-for-disk-errors' } : { to: 'own-directory', path: vault.encryptedDir },
      },
    ];
  }
}

function checkId({ name, layout, vault }: ProfileCase): Diagnosis[] {
  if (vault.vaultId !== undefined) return [];
  return [
    {
      id: 'vault-unidentified',
      severity: 'info',
      subject: name,
      what: 'the vault has no id yet',
      why: 'Until its first mount to write, nothing tells it from another vault with the same password.',
      mend: { to: 'mount-profile', ...namesOf(layout) },
    },
  ];
}

/** hazards.md C6. */
function checkIntegrity({ name, vault }: ProfileCase): Diagnosis[] {
  const violation = vault.engine.findIntegrityViolation?.(vault);
  if (violation === undefined) return [];
  return [
    {
      id: 'vault-integrity',
      severity: 'error',
      subject: name,
      what: violation.message,
      why: 'The engine will not mount the vault until that is accepted.',
      mend: mendOf(violation),
    },
  ];
}

function checkWorkshop({ name, layout, vault }: ProfileCase): Diagnosis[] {
  const workshop = workshopFor(vault.encryptedDir);
  if (kindOf(workshop) === 'none') return [];
  return [
    {
      id: 'install-interrupted',
      severity: 'warning',
      subject: name,
      what: `${workshop} was left by an install that was cut off`,
      why: 'It is an unfinished vault that nobody has ever put a file into.',
      mend: { to: 'install-profile', ...namesOf(layout) },
      repair: { kind: 'clear-workshop', layout },
    },
  ];
}

/** What is there while a passwd runs is its own. */
function checkPasswordChange({ heldLocks }: Examination, one: ProfileCase): Diagnosis[] {
  const { name, layout, profile, vault } = one;
  const holder = heldLocks.get(vaultLock(layout, vault.encryptedDir));
  if (holder !== undefined && holder !== process.pid) return [];
  return findCutOffChange(vault, engineStatesOfVault(layout, profile)).map((path) => ({
    id: 'passwd-cut-off',
    severity: 'error',
    subject: name,
    what: `${path} was left by a passwd that was cut off`,
    why: 'It may open the vault with the old password, or stop the next passwd.',
    mend: { to: 'let-doctor-fix', ...namesOf(layout) },
    repair: { kind: 'settle-vault', layout },
  }));
}
