/** The encrypted directory: whether the vault is there, whole as far as that shows without its password. */
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../system/errors.ts';
import { kindOf } from '../../system/files.ts';
import { workshopFor } from '../../vaults/creation.ts';
import { inspectEncryptedDirectory } from '../../vaults/vault-directory.ts';
import type { Examination, ProfileCase } from './examination.ts';
import { selectionOf } from './examination.ts';
import { type Diagnosis, quoted } from './finding.ts';

const restoreHint = 'Is its disk mounted? Otherwise bring it back from the remote';

export function checkVault(_examination: Examination, one: ProfileCase): Diagnosis[] {
  return [...checkPresence(one), ...checkIntegrity(one), ...checkWorkshop(one)];
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
        mend: `bring ${engine.configFile} back from the remote or another copy`,
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
        mend: `cryptosync install ${selectionOf(layout)}`,
      },
    ];
  }
  return [
    {
      ...base,
      id: 'vault-missing',
      what: `the vault is gone: ${encryptedDir} ${content.kind === 'empty' ? 'is empty' : 'does not exist'}`,
      why: 'Its files exist on the remote only, if at all.',
      mend: restoreHint,
    },
  ];
}

function checkConfigFile({ name, vault }: ProfileCase): Diagnosis[] {
  const file = join(vault.encryptedDir, vault.engine.configFile);
  if (statSync(file).size > 0) return [];
  return [
    {
      id: 'vault-config-torn',
      severity: 'error',
      subject: name,
      what: `${file} is empty`,
      why: 'Without what stood in it nothing in the vault can be decrypted, by nobody.',
      mend: 'bring it back from the remote or another copy',
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
        mend: isReadOnly ? 'look for disk errors: dmesg' : `chown -R $(id -u) ${quoted(vault.encryptedDir)}`,
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
      mend: `cryptosync mount ${selectionOf(layout)}`,
    },
  ];
}

/** TOOLS.md C6. */
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
      mend: violation.hint ?? null,
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
      mend: `cryptosync install ${selectionOf(layout)}`,
      repair: { kind: 'clear-workshop', layout },
    },
  ];
}
