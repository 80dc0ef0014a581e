/** Every path of a client, derived here and nowhere else (DESIGN section 3). */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { ClientId, ProfileName } from './names.ts';

export const defaultRoot = '/opt/agency_stack/clients';

export const directoryMode = 0o700;
export const fileMode = 0o600;
export const scriptMode = 0o755;

export const scriptActions = ['mount', 'unmount', 'sync'] as const;
export type ScriptAction = (typeof scriptActions)[number];

export interface ClientLayout {
  readonly client: ClientId;
  readonly directory: string;
  readonly vaultDirectory: string;
  readonly rcloneDirectory: string;
  readonly rcloneConfig: string;
  readonly toolDirectory: string;
  readonly configDirectory: string;
  readonly scriptsDirectory: string;
  readonly stateDirectory: string;
  readonly locksDirectory: string;
  readonly summary: string;
}

export interface ProfileLayout extends ClientLayout {
  readonly profile: ProfileName;
  readonly profileFile: string;
  readonly defaultEncryptedDir: string;
  readonly defaultMountDir: string;
  readonly ledger: string;
  readonly scripts: Readonly<Record<ScriptAction, string>>;
  /** The links' names on PATH, without their directory. */
  readonly linkNames: Readonly<Record<ScriptAction, string>>;
}

export function clientLayout(root: string, client: ClientId): ClientLayout {
  const directory = join(root, client);
  const toolDirectory = join(directory, 'cryptosync');
  const stateDirectory = join(toolDirectory, 'state');
  return {
    client,
    directory,
    vaultDirectory: join(directory, 'vault'),
    rcloneDirectory: join(directory, 'rclone'),
    rcloneConfig: join(directory, 'rclone', 'rclone.conf'),
    toolDirectory,
    configDirectory: join(toolDirectory, 'config'),
    scriptsDirectory: join(toolDirectory, 'scripts'),
    stateDirectory,
    locksDirectory: join(stateDirectory, 'locks'),
    summary: join(toolDirectory, 'summary.json'),
  };
}

export function profileLayout(root: string, client: ClientId, profile: ProfileName): ProfileLayout {
  const base = clientLayout(root, client);
  const vault = profile === 'default' ? base.vaultDirectory : join(base.vaultDirectory, profile);
  const perAction = (name: (action: ScriptAction) => string): Record<ScriptAction, string> => ({
    mount: name('mount'),
    unmount: name('unmount'),
    sync: name('sync'),
  });
  return {
    ...base,
    profile,
    profileFile: join(base.configDirectory, `${profile}.json`),
    defaultEncryptedDir: join(vault, 'encrypted'),
    defaultMountDir: join(vault, 'decrypted'),
    ledger: join(base.stateDirectory, `ledger-${profile}.jsonl`),
    scripts: perAction((action) => join(base.scriptsDirectory, `${action}_${profile}.sh`)),
    linkNames: perAction((action) => `cryptosync-${action}-${client}-${profile}`),
  };
}

/** The lock of an encrypted directory: the same for all profiles that share it. */
export function vaultLock(layout: ClientLayout, encryptedDir: string): string {
  const digest = createHash('sha256').update(encryptedDir).digest('hex').slice(0, 16);
  return join(layout.locksDirectory, `vault-${digest}.lock`);
}

/** The lock of a client's rclone.conf. */
export function rcloneLock(layout: ClientLayout): string {
  return join(layout.locksDirectory, 'rclone.lock');
}

/** The lock under which a client's profiles, scripts and summary are written. */
export function configLock(layout: ClientLayout): string {
  return join(layout.locksDirectory, 'config.lock');
}

/** What the source looked like at the last committed transfer of a profile. */
export function syncIndexFile(layout: ProfileLayout): string {
  return join(layout.stateDirectory, `index-${layout.profile}.jsonl`);
}

/** A directory of the engine's own state for a profile, such as CryFS's record of block versions. */
export function engineStateDirectory(layout: ProfileLayout): string {
  return join(layout.stateDirectory, `engine-${layout.profile}`);
}
