/** A client whose own directory is synced to a storage, with a crypt layer or as it is. */
import { mkdirSync } from 'node:fs';
import { expect } from 'vitest';
import type { FilenameEncryption } from '../../src/remotes/tuning.ts';
import type { Installation } from './installation.ts';
import type { CommandResult, RunningCommand } from './running-command.ts';
import type { Storage } from './storage.ts';
import { editProfile, vaultOf } from './vault.ts';

export interface Keys {
  readonly key?: string | undefined;
  readonly salt?: string | undefined;
}

export interface Tenant {
  /** The directory that is synced. */
  readonly source: string;
  readonly profileFile: string;
  /** Starts a sync. @param keys other ones than the tenant's own */
  start(args: readonly string[], keys?: Keys): RunningCommand;
  sync(args: readonly string[], keys?: Keys): Promise<CommandResult>;
  /** A sync that must succeed: the result of its one mapping. */
  // biome-ignore lint/suspicious/noExplicitAny: each test knows the result that it asked for
  succeed(...args: string[]): Promise<any>;
}

export interface TenantOptions {
  /** The place's name on the storage, and the client's. */
  readonly name: string;
  /** Undefined syncs the files as they are. */
  readonly filenameEncryption?: FilenameEncryption | undefined;
  readonly keys?: Keys;
}

export async function installTenant(
  installation: Installation,
  storage: Storage,
  { name, filenameEncryption, keys = {} }: TenantOptions,
): Promise<Tenant> {
  const vault = vaultOf(installation, name);
  const source = installation.client(name, 'files of its own');
  mkdirSync(source, { recursive: true });
  await vault.succeed(
    'install',
    ...['--no-links', '--source', source, ...storage.installOptions(name)],
    ...(filenameEncryption === undefined
      ? ['--plaintext']
      : ['--crypt', '--filename-encryption', filenameEncryption]),
  );
  if (storage.rcloneFlags.length > 0) editProfile(vault, { rcloneFlags: storage.rcloneFlags });
  const start: Tenant['start'] = (args, { key, salt } = keys) =>
    installation.start(['sync', '--client', name, '--json', ...args], {
      env: { CRYPTOSYNC_ENCRYPTION_KEY: key, CRYPTOSYNC_ENCRYPTION_SALT: salt },
    });
  const sync: Tenant['sync'] = (args, other) => start(args, other).finished;
  return {
    source,
    profileFile: vault.profileFile,
    start,
    sync,
    async succeed(...args) {
      const result = await sync(args);
      expect(result, result.stdout + result.stderr).toMatchObject({ exitCode: 0 });
      return result.json.results[0];
    },
  };
}
