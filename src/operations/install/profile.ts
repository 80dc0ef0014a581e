/** The profile that an install writes: what is there, what an older tree says, what was asked for, the defaults. */
import { isAbsolute, join, resolve } from 'node:path';
import { type FormerProfile, readFormerProfile } from '../../clients/former-tree.ts';
import { profileLayout } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import { readProfile } from '../../clients/profile-store.ts';
import { type RcloneConf, remoteType } from '../../remotes/rclone-conf.ts';
import { toIsoSeconds } from '../../system/clock.ts';
import { CryptosyncError } from '../../system/errors.ts';
import type { Context } from '../context.ts';
import { nameOf } from '../recorded.ts';
import { alreadyInstalled, type InstallRequest } from './request.ts';

const defaultRemoteName = 'default-remote';
const defaultRemotePath = 'backup';

/** What a profile begins with before the request is looked at. */
export interface ProfileOrigin {
  readonly existing: Profile | undefined;
  readonly former: FormerProfile | undefined;
  /** The profile whose vault is shared. */
  readonly shared: Profile | undefined;
}

/** @throws PROFILE_NOT_FOUND for a vault to share that is not there, CONFIG_INVALID */
export function findOrigin(
  context: Context,
  request: InstallRequest,
  existing: Profile | undefined,
): ProfileOrigin {
  const { layout, shareVault } = request;
  if (shareVault === undefined) {
    return {
      existing,
      former: existing === undefined ? readFormerProfile(layout) : undefined,
      shared: undefined,
    };
  }
  if (shareVault === layout.profile) {
    throw new CryptosyncError('USAGE', 'a profile has its own vault and needs no sharing', {
      hint: 'Name the new profile with --profile and the one whose vault it sends with --share-vault.',
    });
  }
  const shared = readProfile(profileLayout(context.root, layout.client, shareVault));
  if (existing !== undefined && existing.encryptedDir !== shared.encryptedDir) {
    throw alreadyInstalled(`${nameOf(layout)} has another vault`);
  }
  return { existing, former: undefined, shared };
}

/** Shapes the profile. An engine can't change, so only a new profile takes the request's. */
export function planProfile(
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
    engine: request.engine ?? origin?.engine ?? 'gocryptfs',
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
  const { vaultId, passwordFile, passwordCommand, idle, readOnly, allowOther, whenMounted } = shared;
  const parts = { vaultId, passwordFile, passwordCommand, idle, readOnly, allowOther, whenMounted };
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
}

/** A path on this machine must not depend on the directory that cron happens to run in. */
function absolute(path: string): string {
  if (path === '') {
    throw new CryptosyncError(
      'USAGE',
      '--remote-path is empty, and the remote is a directory of this machine',
      {
        hint: 'Name the directory: --remote-path /mnt/disk/client1',
      },
    );
  }
  return isAbsolute(path) ? join(path) : resolve(path);
}

/** @throws ALREADY_INSTALLED for what only --force may change, or nothing may */
export function verifyChanges(
  request: InstallRequest,
  existing: Profile,
  wanted: Profile,
  conf: RcloneConf,
): void {
  if (existing.engine !== wanted.engine) {
    throw new CryptosyncError(
      'ALREADY_INSTALLED',
      `${nameOf(request.layout)} is a ${existing.engine} vault; its engine can't change`,
      {
        hint: `Make another profile with the other engine, and copy the files: --profile NAME --engine ${wanted.engine}`,
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
