/** A vault that is read as a whole must be at rest: nothing mounted, nothing half done, and what was proven. */
import { findExecutable } from '../../system/dependencies.ts';
import { minimalEnvironment } from '../../system/environment.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { run } from '../../system/process.ts';
import { stateOfVault, type Vault } from '../../vaults/mounting.ts';
import { findDaemons } from '../../vaults/mounts/processes.ts';
import { verifyProven } from '../../vaults/proof.ts';
import { inspectEncryptedDirectory } from '../../vaults/vault-directory.ts';
import type { Context } from '../context.ts';
import { verifyWhole } from '../vault-of.ts';

/** @param name for messages: `client1/default`. @throws VAULT_MOUNTED, VAULT_MISSING, VAULT_MISMATCH */
export async function verifyAtRest(
  { warn }: Pick<Context, 'warn'>,
  name: string,
  vault: Vault,
): Promise<void> {
  const { engine, encryptedDir } = vault;
  if (inspectEncryptedDirectory(engine, encryptedDir).kind !== 'vault') {
    throw new CryptosyncError('VAULT_MISSING', `there is no vault of ${name} in ${encryptedDir}`, {
      advice: { to: 'restore-missing-vault' },
    });
  }
  const state = await stateOfVault(vault);
  const isServed = state.kind === 'mounted' || findDaemons(engine.name, encryptedDir).length > 0;
  if (isServed) {
    throw new CryptosyncError('VAULT_MOUNTED', `the vault of ${name} is mounted, and may be written to`, {
      advice: { to: 'unmount-first' },
    });
  }
  verifyWhole(vault);
  if (!verifyProven(vault).isProven)
    warn(
      `${name}: its configuration has not opened the vault on this machine yet, so nothing says that it does`,
    );
}

/** Bytes that a directory takes on its disk. */
export async function sizeOf(directory: string, { environment, signal }: Context): Promise<number> {
  const finished = await run({
    file: findExecutable('du', environment) ?? '/usr/bin/du',
    args: ['-s', '-B1', '--', directory],
    environment: minimalEnvironment(environment),
    deadline: 3_600_000,
    signal,
  });
  return Number.parseInt(finished.stdout, 10) || 0;
}
