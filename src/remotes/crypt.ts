/**
 * rclone's crypt layer over a remote. It is defined in the environment of the rclone process only, never in a file:
 * rclone takes a crypt key in no other way, so there, obscured, it stands for as long as the process lives.
 *
 * The layer begins at the remote's own path. What the tool itself keeps there (marker, trash, key check object) goes
 * through the layer as well, below `.cryptosync/` of the decrypted view: one filter keeps it out of transfers in
 * every mode, and nothing on the remote is in the clear.
 */
import type { Secret } from '../secrets/secret.ts';
import { obscure } from './rclone/obscure.ts';
import { wholeOf } from './rclone/place/lanes.ts';
import { placeOf, type Remote, variableOf } from './remote.ts';
import type { FilenameEncryption } from './tuning.ts';

export interface CryptSettings {
  readonly filenameEncryption: FilenameEncryption;
  /** Whether directory names are hidden as well. It has no effect with `off`. */
  readonly directoryNameEncryption: boolean;
}

/** What opens a crypt layer; both are base64 texts that `validateEncryptionKey` has passed. */
export interface CryptKey {
  readonly key: Secret;
  readonly salt?: Secret | undefined;
}

/** Takes both out of memory. */
export function wipeKey({ key, salt }: CryptKey): void {
  key.wipe();
  salt?.wipe();
}

/**
 * Wraps a remote in a crypt layer.
 * @param base the place that will hold the encrypted files.
 * @returns the decrypted view of that place, as a remote of its own. Its `environment` holds the key, obscured, and
 * whatever `base` needs; equal arguments give an equal remote.
 */
export function cryptRemote(base: Remote, settings: CryptSettings, { key, salt }: CryptKey): Remote {
  // a name of which every shell keeps the variables: rclone may be a wrapper script
  const name = `cryptosync_crypt_${base.name.replaceAll(/[^A-Za-z0-9_]/g, '_')}`;
  return {
    name,
    type: 'crypt',
    path: '',
    configFile: base.configFile,
    below: base,
    label: `${placeOf(base)} (encrypted)`,
    environment: {
      ...base.environment,
      // Every option is given, so that a section of this name in rclone.conf could add nothing. The last two are of
      // later rclones, and 1.60 passes over them.
      ...environmentDefinition(name, {
        type: 'crypt',
        remote: wholeOf(base),
        password: obscure(key),
        password2: salt === undefined ? '' : obscure(salt),
        filename_encryption: settings.filenameEncryption,
        directory_name_encryption: String(settings.directoryNameEncryption),
        filename_encoding: 'base32',
        no_data_encryption: 'false',
        server_side_across_configs: 'false',
        show_mapping: 'false',
        suffix: '.bin',
        pass_bad_blocks: 'false',
      }),
    },
  };
}

/** The variables that define a remote for rclone. */
export function environmentDefinition(
  name: string,
  options: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(options).map(([option, value]) => [variableOf(name, option), value]),
  );
}
