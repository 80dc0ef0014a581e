/** The profile that an install writes: what is there, what an older tree says, what was asked for, the defaults. */
import { isAbsolute, join, resolve } from 'node:path';
import { type FormerProfile, readFormerProfile } from '../../clients/former-tree.ts';
import { verifyFormerHome } from '../../clients/home/copied-tree.ts';
import { verifyNotMisplaced } from '../../clients/home/misplaced-tree.ts';
import { nameOf, profileLayout } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import { readProfile, readProfileIfPresent } from '../../clients/profile-store.ts';
import { type RcloneConf, readRcloneConf, remoteType } from '../../remotes/configuration.ts';
import { serviceOf } from '../../remotes/setup.ts';
import { toIsoSeconds } from '../../system/clock.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { defaultEngine } from '../../vaults/engines/engine.ts';
import type { Context } from '../context.ts';
import { verifyMappings } from '../sync/mapping.ts';
import { verifyOwnTree } from './checks.ts';
import { alreadyInstalled, type InstallRequest } from './request.ts';

const defaultRemoteName = 'default-remote';
const defaultRemotePath = 'backup';

/** What a profile begins with before the request is looked at. */
interface ProfileOrigin {
  readonly existing: Profile | undefined;
  readonly former: FormerProfile | undefined;
  /** The profile whose vault is shared. */
  readonly shared: Profile | undefined;
}

/** @throws PROFILE_NOT_FOUND for a vault to share that is not there, CONFIG_INVALID */
function findOrigin(context: Context, request: InstallRequest, existing: Profile | undefined): ProfileOrigin {
  const { layout, shareVault } = request;
  if (shareVault === undefined) {
    const former = existing === undefined ? readFormerProfile(layout) : undefined;
    if (former !== undefined) verifyFormerHome(layout, former);
    return { existing, former, shared: undefined };
  }
  if (shareVault === layout.profile) {
    throw new CryptosyncError('USAGE', 'a profile has its own vault and needs no sharing', {
      advice: { to: 'name-sharing-profiles' },
    });
  }
  const shared = readProfile(profileLayout(context.root, layout.client, shareVault));
  if (existing !== undefined && existing.encryptedDir !== shared.encryptedDir) {
    throw alreadyInstalled(`${nameOf(layout)} has another vault`);
  }
  return { existing, former: undefined, shared };
}

/** What the profile will be, and what that was decided by. */
export interface ProfileDecision {
  readonly existing: Profile | undefined;
  readonly origin: ProfileOrigin;
  readonly conf: RcloneConf;
  readonly profile: Profile;
}

/**
 * Decides by what there is now: at the plan, and again under each lock.
 * @param planned what was decided at the plan, when this is asked again.
 * @throws ALREADY_INSTALLED, PROFILE_NOT_FOUND for a vault to share, CONFIG_INVALID
 */
export function decideProfile(
  context: Context,
  request: InstallRequest,
  planned?: ProfileDecision,
): ProfileDecision {
  const { layout } = request;
  verifyOwnTree(layout, context.userId);
  verifyNotMisplaced(context.root, layout);
  const existing = readProfileIfPresent(layout);
  const origin = findOrigin(context, request, existing);
  const conf = readRcloneConf(layout.rcloneConfig, layout.directory);
  const profile = planProfile(context, request, origin, conf);
  if (existing !== undefined) {
    // a remote that this very run has set up does not make the profile one that has it already
    const isAsPlanned = JSON.stringify(planned?.existing?.remote) === JSON.stringify(existing.remote);
    verifyChanges(request, existing, profile, isAsPlanned && planned !== undefined ? planned.conf : conf);
  }
  verifyMappings(layout, profile, plannedConf(request, profile, conf));
  return { existing, origin, conf, profile };
}

/** The remotes as they will be when the one that the request names is set up. */
function plannedConf(
  { remoteType: wanted, remoteOptions }: InstallRequest,
  { remote }: Profile,
  conf: RcloneConf,
): RcloneConf {
  if (wanted === undefined || remote === undefined || conf.encrypted) return conf;
  const { backend, options = {} } = serviceOf(wanted);
  const now = conf.remotes.get(remote.name);
  const kept = now?.get('type') === backend ? now : [];
  const planned = new Map([...kept, ...Object.entries(options), ...remoteOptions, ['type', backend]]);
  return { ...conf, remotes: new Map([...conf.remotes, [remote.name, planned]]) };
}

/** Shapes the profile. An engine can't change, so only a new profile takes the request's. */
function planProfile(
  context: Context,
  request: InstallRequest,
  { existing, former, shared }: ProfileOrigin,
  conf: RcloneConf,
): Profile {
  const { layout } = request;
  const name = request.remoteName ?? existing?.remote?.name ?? former?.remoteName ?? defaultRemoteName;
  const path = request.remotePath ?? existing?.remote?.path ?? former?.remotePath ?? defaultRemotePath;
  const type = request.remoteType ?? remoteType(conf, name);
  const origin = existing ?? shared ?? former;
  const mountDir = request.mountDir === undefined ? origin?.mountDir : resolve(request.mountDir);
  return {
    version: 1,
    ...(existing ?? sharedParts(shared)),
    engine: request.engine ?? origin?.engine ?? defaultEngine,
    encryptedDir: origin?.encryptedDir ?? layout.defaultEncryptedDir,
    mountDir: mountDir ?? layout.defaultMountDir,
    remote: { name, path: type === 'local' ? absolute(path) : path },
    ...(request.crypt === undefined ? {} : { crypt: request.crypt }),
    ...(request.mapping === undefined ? {} : { mappings: [request.mapping] }),
    createdAt: existing?.createdAt ?? former?.createdAt ?? toIsoSeconds(context.clock.now()),
  };
}

/** What belongs to the vault and not to a remote goes along with a shared vault. */
function sharedParts(shared: Profile | undefined): Partial<Profile> {
  if (shared === undefined) return {};
  const { vaultId, madeWith, passwordFile, passwordCommand, idle, readOnly, allowOther, whenMounted } =
    shared;
  const parts = { vaultId, madeWith, passwordFile, passwordCommand, idle, readOnly, allowOther, whenMounted };
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
}

/** A path on this machine must not depend on the directory that cron happens to run in. */
function absolute(path: string): string {
  if (path === '') {
    throw new CryptosyncError(
      'USAGE',
      'the path of the remote is empty, and it is a directory of this machine',
      {
        advice: { to: 'name-remote-directory' },
      },
    );
  }
  return isAbsolute(path) ? join(path) : resolve(path);
}

/** @throws ALREADY_INSTALLED for what only --force may change, or nothing may */
function verifyChanges(request: InstallRequest, existing: Profile, wanted: Profile, conf: RcloneConf): void {
  if (existing.engine !== wanted.engine) {
    throw new CryptosyncError(
      'ALREADY_INSTALLED',
      `${nameOf(request.layout)} is a ${existing.engine} vault; its engine can't change`,
      {
        advice: { to: 'install-other-profile', engine: wanted.engine },
      },
    );
  }
  if (request.force) return;
  // a remote that was never set up has only the name and path that it was given by default
  const remote = isConfigured(existing, conf) ? existing.remote : undefined;
  const differences = [
    ...(existing.mountDir === wanted.mountDir ? [] : ['mount directory']),
    ...(remote === undefined || remote.name === wanted.remote?.name ? [] : ['remote']),
    ...(remote === undefined || remote.path === wanted.remote?.path ? [] : ['remote path']),
  ];
  const isOther = (key: 'crypt' | 'mappings'): boolean =>
    JSON.stringify(existing[key]) !== JSON.stringify(wanted[key]);
  if (isOther('crypt')) differences.push('encryption');
  if (isOther('mappings')) differences.push('mapping');
  if (differences.length > 0)
    throw alreadyInstalled(`${nameOf(request.layout)} has another ${differences.join(', ')}`);
}

function isConfigured({ remote }: Profile, conf: RcloneConf): boolean {
  return remote !== undefined && (conf.encrypted || remoteType(conf, remote.name) !== undefined);
}
