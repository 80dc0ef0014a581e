/**
 * The profile's own remote in rclone.conf: its section, with the credentials in it, and those of the remotes that it
 * lies over, unless somebody else needs them.
 */
import { nameOf, type ProfileLayout } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import { layersOf, type RcloneConf, readRcloneConf } from '../../remotes/configuration.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { kindOf } from '../../system/files.ts';

/** Another profile of the client, by its remote. */
export interface RemoteUser {
  readonly name: string;
  readonly remote: string | undefined;
}

export interface RemoteConfigPlan {
  /** The sections that are removed, the uppermost first. */
  readonly removes: readonly string[];
  /** Sections of the profile's that stay. */
  readonly keeps: readonly string[];
  /** Files that these sections alone name, such as a private key; they stay. */
  readonly files: readonly string[];
  /** What stands in the sections, to tell whether they are still those that were confirmed. Not for printing. */
  readonly content: string;
}

/**
 * Decides which sections go. It changes nothing.
 * @param purges false keeps all of them
 * @throws CONFIG_INVALID when the remote is another profile's, too, or another remote lies over it
 */
export function planRemoteConfig(
  layout: ProfileLayout,
  { remote }: Profile,
  users: readonly RemoteUser[],
  purges: boolean,
): RemoteConfigPlan {
  const conf = purges ? readRcloneConf(layout.rcloneConfig, layout.directory) : readableConf(layout);
  const own = ownSections(conf, remote?.name);
  if (purges && remote !== undefined) verifyOwn(layout, remote.name, conf, users);
  const others = [...conf.remotes.keys()].filter((name) => !own.includes(name));
  const needed = new Set([
    ...users.flatMap((user) => sectionsBehind(conf, user.remote)),
    ...others.flatMap((name) => sectionsBehind(conf, name)),
  ]);
  const removes = purges ? own.filter((name) => !needed.has(name)) : [];
  const filesOfOthers = new Set(others.flatMap((name) => filesNamedBy(conf, name)));
  return {
    removes,
    keeps: own.filter((name) => !removes.includes(name)),
    files: own.flatMap((name) => filesNamedBy(conf, name)).filter((path) => !filesOfOthers.has(path)),
    content: JSON.stringify(removes.map((name) => [name, ...(conf.remotes.get(name) ?? [])])),
  };
}

/** A file that stays is no reason to fail, whatever stands in it. */
function readableConf({ rcloneConfig, directory }: ProfileLayout): RcloneConf {
  try {
    return readRcloneConf(rcloneConfig, directory);
  } catch (error) {
    if (error instanceof CryptosyncError) return { encrypted: true, remotes: new Map() };
    throw error;
  }
}

/** Of an encrypted file only the name that the profile has is known. */
function ownSections(conf: RcloneConf, name: string | undefined): string[] {
  if (conf.encrypted) return name === undefined ? [] : [name];
  return sectionsBehind(conf, name);
}

function sectionsBehind(conf: RcloneConf, name: string | undefined): string[] {
  if (name === undefined) return [];
  return layersOf(conf, name).flatMap((layer) => layer.name ?? []);
}

/** @throws CONFIG_INVALID */
function verifyOwn(
  layout: ProfileLayout,
  remote: string,
  conf: RcloneConf,
  users: readonly RemoteUser[],
): void {
  const leadsThrough = (name: string | undefined): boolean =>
    name === remote || sectionsBehind(conf, name).includes(remote);
  const sharer = users.find((user) => leadsThrough(user.remote));
  if (sharer !== undefined) {
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `the remote ${remote} of ${nameOf(layout)} is also that of the profile ${sharer.name}`,
      { advice: { to: 'uninstall-sharer', sharer: sharer.name, shared: 'remote' } },
    );
  }
  const above = [...conf.remotes.keys()].find((name) => name !== remote && leadsThrough(name));
  if (above === undefined) return;
  throw new CryptosyncError(
    'CONFIG_INVALID',
    `the remote ${above} in ${layout.rcloneConfig} lies over the remote ${remote} of ${nameOf(layout)}`,
    { advice: { to: 'remove-remote-above', client: layout.client, remote: above } },
  );
}

/** rclone's options that name a file end so: `key_file`, `service_account_file`, `shared_credentials_file`. */
function filesNamedBy(conf: RcloneConf, name: string): string[] {
  return [...(conf.remotes.get(name) ?? [])]
    .filter(([option, value]) => /_file$/.test(option) && value.startsWith('/') && kindOf(value) !== 'none')
    .map(([, value]) => value);
}

/** @throws PLAN_CHANGED when the sections are not those that were confirmed to be removed */
export function verifySameSections(
  layout: ProfileLayout,
  confirmed: RemoteConfigPlan,
  now: RemoteConfigPlan,
): void {
  if (confirmed.content === now.content) return;
  throw new CryptosyncError(
    'PLAN_CHANGED',
    `the remote of ${nameOf(layout)} is not removed, because ${layout.rcloneConfig} is not what was confirmed any more`,
  );
}
