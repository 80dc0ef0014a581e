/** Every path of a client, derived here and nowhere else (docs/layout.md). */

import { join } from 'node:path';
import { shortDigest } from '../system/digest.ts';
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
  /** The files of a claimed tenant, and what is remembered of them beside it. */
  readonly sessionDirectory: string;
  readonly sessionStateDirectory: string;
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
  // below a joined path text is enough: with a thousand clients `join` would be felt
  const toolDirectory = `${directory}/cryptosync`;
  const stateDirectory = `${toolDirectory}/state`;
  return {
    client,
    directory,
    vaultDirectory: `${directory}/vault`,
    rcloneDirectory: `${directory}/rclone`,
    rcloneConfig: `${directory}/rclone/rclone.conf`,
    toolDirectory,
    configDirectory: `${toolDirectory}/config`,
    scriptsDirectory: `${toolDirectory}/scripts`,
    stateDirectory,
    locksDirectory: `${stateDirectory}/locks`,
    summary: `${toolDirectory}/summary.json`,
    sessionDirectory: `${directory}/session`,
    sessionStateDirectory: `${stateDirectory}/session`,
  };
}

export function profileLayout(root: string, client: ClientId, profile: ProfileName): ProfileLayout {
  return profileLayoutIn(clientLayout(root, client), profile);
}

/** The same, from the client's layout. */
export function profileLayoutIn(base: ClientLayout, profile: ProfileName): ProfileLayout {
  const { client } = base;
  const vault = profile === 'default' ? base.vaultDirectory : `${base.vaultDirectory}/${profile}`;
  const perAction = (name: (action: ScriptAction) => string): Record<ScriptAction, string> => ({
    mount: name('mount'),
    unmount: name('unmount'),
    sync: name('sync'),
  });
  return {
    ...base,
    profile,
    profileFile: `${base.configDirectory}/${profile}.json`,
    defaultEncryptedDir: `${vault}/encrypted`,
    defaultMountDir: `${vault}/decrypted`,
    ledger: `${base.stateDirectory}/ledger-${profile}.jsonl`,
    scripts: perAction((action) => `${base.scriptsDirectory}/${action}_${profile}.sh`),
    linkNames: perAction((action) => `cryptosync-${action}-${client}-${profile}`),
  };
}

/** A client and its profile as messages name them. */
export function nameOf({ client, profile }: { readonly client: string; readonly profile: string }): string {
  return `${client}/${profile}`;
}

/** The lock of an encrypted directory: the same for all profiles that share it. */
export function vaultLock(layout: ClientLayout, encryptedDir: string): string {
  const digest = shortDigest(encryptedDir, 16);
  return join(layout.locksDirectory, `vault-${digest}.lock`);
}

/** The lock under which the metrics of all clients are written. */
export function metricsLock(root: string): string {
  return join(root, '.metrics.lock');
}

/** What a status of all clients said, for the next one. */
export function keptStatusFile(root: string): string {
  return join(root, '.status-cache.json');
}

/** The lock of a client's rclone.conf. */
export function rcloneLock(layout: ClientLayout): string {
  return join(layout.locksDirectory, 'rclone.lock');
}

/** The lock under which a client's profiles, scripts and summary are written. */
export function configLock(layout: ClientLayout): string {
  return join(layout.locksDirectory, 'config.lock');
}

/** Names the files of one mapping: nothing for the vault's own, a digest of the directory for others. */
function mappingSuffix(layout: ProfileLayout, source: string | undefined): string {
  if (source === undefined) return layout.profile;
  return `${layout.profile}-${shortDigest(source, 12)}`;
}

/** What the source looked like at the last committed upload, for remotes that know only sizes. */
export function syncIndexFile(layout: ProfileLayout, source?: string): string {
  return join(layout.stateDirectory, `index-${mappingSuffix(layout, source)}.jsonl`);
}

/** Which generation of the remote this machine's copy is, for downloads. */
export function syncBaseFile(layout: ProfileLayout, source?: string): string {
  return join(layout.stateDirectory, `base-${mappingSuffix(layout, source)}.json`);
}

/** What this machine knows of a place that a mapping is synced with. */
export function recordFile(layout: ProfileLayout, place: string, source?: string): string {
  const digest = shortDigest(place, 12);
  return join(layout.stateDirectory, `record-${mappingSuffix(layout, source)}-${digest}.jsonl`);
}

/** Beside a record: when what lies at its place was last read, and what the last check of it found. */
export function checkFiles(record: string): { readonly journal: string; readonly last: string } {
  return { journal: `${record}.verified`, last: `${record}.checked` };
}

/** Where runs of a mapping keep what they take away or replace on this machine. */
export function localTrashDirectory(layout: ProfileLayout, source?: string): string {
  return join(layout.stateDirectory, 'trash', `bisync-${mappingSuffix(layout, source)}`);
}

/** The state of a bidirectional sync. */
export function bothWaysDirectory(layout: ProfileLayout, source?: string): string {
  return join(layout.stateDirectory, `bisync-${mappingSuffix(layout, source)}`);
}

/** What is on a profile's schedule, and where it was written. */
export function scheduleFile(layout: ProfileLayout): string {
  return join(layout.stateDirectory, `schedule-${layout.profile}.json`);
}

/** A directory of the engine's own state for a profile, such as CryFS's record of block versions. */
export function engineStateDirectory(layout: ProfileLayout): string {
  return join(layout.stateDirectory, `engine-${layout.profile}`);
}

/** The lock that a claimed tenant is held by. */
export function sessionLock({ locksDirectory }: ClientLayout): string {
  return join(locksDirectory, 'session.lock');
}

/** What is known of a tenant that was claimed and not released: it holds no secret. */
export function sessionJournal({ sessionStateDirectory }: ClientLayout): string {
  return join(sessionStateDirectory, 'journal.json');
}

/** The ledger of a tenant's sessions. */
export function sessionLedger({ sessionStateDirectory }: ClientLayout): string {
  return join(sessionStateDirectory, 'ledger.jsonl');
}
