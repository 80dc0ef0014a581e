/** What an install is asked to do. */
import type { ProfileLayout } from '../../clients/layout.ts';
import type { ProfileName } from '../../clients/names.ts';
import type { MappingConfig, Profile } from '../../clients/profile.ts';
import { CryptosyncError } from '../../system/errors.ts';
import type { EngineName } from '../../vaults/engines/engine.ts';

export interface InstallRequest {
  readonly layout: ProfileLayout;
  /** Undefined fields were not asked for: what is there stays, and a new profile gets the default. */
  readonly engine?: EngineName | undefined;
  readonly mountDir?: string | undefined;
  readonly remoteName?: string | undefined;
  readonly remoteType?: string | undefined;
  readonly remotePath?: string | undefined;
  readonly remoteOptions: ReadonlyMap<string, string>;
  /** The options that came by argv, where a secret is public. */
  readonly publicOptions: readonly string[];
  /** Undefined makes no links. */
  readonly binDirectory: string | undefined;
  /** Another profile of the client whose vault this one sends to a second remote. */
  readonly shareVault?: ProfileName | undefined;
  /** Encrypts what goes to the remote once more; undefined leaves it as it is. */
  readonly crypt?: Profile['crypt'] | undefined;
  /** What is synced instead of the vault's ciphertext; undefined leaves it as it is. */
  readonly mapping?: MappingConfig | undefined;
  /** Brings the vault back from the remote instead of making one. */
  readonly fromRemote: boolean;
  readonly force: boolean;
  readonly withDependencies: boolean;
  readonly initialSync: boolean;
  readonly autoMount: boolean;
}

/** The error for a difference that only --force may make. */
export function alreadyInstalled(what: string): CryptosyncError {
  return new CryptosyncError('ALREADY_INSTALLED', `${what} than asked for`, {
    advice: { to: 'force-configuration' },
  });
}
