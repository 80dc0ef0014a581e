/** What a stranger must know of a profile's vault to open it, none of it secret. */
import { hostname } from 'node:os';
import type { ProfileLayout } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import { type RcloneConf, readRcloneConf, remoteType } from '../../remotes/configuration.ts';
import type { Secret } from '../../secrets/secret.ts';
import { toIsoSeconds } from '../../system/clock.ts';
import { engineNamed } from '../../vaults/engines/engines.ts';
import type { Context } from '../context.ts';

export interface RecoveryFacts {
  readonly client: string;
  readonly profile: string;
  readonly engine: Profile['engine'];
  readonly configFile: string;
  readonly vaultId: string | undefined;
  readonly madeWith: readonly string[];
  readonly encryptedDir: string;
  readonly host: string;
  /** ISO 8601. */
  readonly writtenAt: string;
  readonly version: string;
  readonly remote:
    | { readonly name: string; readonly type: string | undefined; readonly path: string }
    | undefined;
  /** The remote holds it encrypted once more, with keys that are nowhere on this machine. */
  readonly hasCrypt: boolean;
  /** What is synced besides, or instead of, the vault's ciphertext. */
  readonly sources: readonly string[];
}

/** What the page may hold that opens the vault, or the remote. */
export interface RecoverySecrets {
  /** 64 hexadecimal digits; undefined where the engine has none to give. */
  readonly masterKey: Secret | undefined;
  /** The engine's configuration: text where it is text, base64 where it is not. */
  readonly configuration: { readonly text: string; readonly isBase64: boolean };
  /** The section of rclone.conf that reaches the remote; undefined without a remote, or when the file is encrypted. */
  readonly remoteSettings: string | undefined;
}

export function recoveryFacts(context: Context, layout: ProfileLayout, profile: Profile): RecoveryFacts {
  const { remote } = profile;
  return {
    client: layout.client,
    profile: layout.profile,
    engine: profile.engine,
    configFile: engineNamed(profile.engine).configFile,
    vaultId: profile.vaultId,
    madeWith: profile.madeWith ?? [],
    encryptedDir: profile.encryptedDir,
    host: hostname(),
    writtenAt: toIsoSeconds(context.clock.now()),
    version: context.version,
    remote: remote && {
      name: remote.name,
      type: remoteType(confOf(layout), remote.name),
      path: remote.path,
    },
    hasCrypt: profile.crypt !== undefined,
    sources: (profile.mappings ?? []).flatMap(({ source }) => (source === undefined ? [] : [source])),
  };
}

function confOf({ rcloneConfig, directory }: ProfileLayout): RcloneConf {
  return readRcloneConf(rcloneConfig, directory);
}
