/** The remote that an install sets up: checked against rclone's own list before anything is changed. */
import type { Profile } from '../../clients/profile.ts';
import {
  type Backend,
  findBackend,
  listBackends,
  secretOptions,
  verifyOptions,
} from '../../remotes/backends.ts';
import { type RcloneConf, remoteType } from '../../remotes/rclone-conf.ts';
import { verifyNoControlCharacters, verifyRemoteName } from '../../remotes/remote-setup.ts';
import { CryptosyncError } from '../../system/errors.ts';
import type { Context } from '../context.ts';
import { alreadyInstalled, type InstallRequest } from './request.ts';

/** To be written into rclone.conf. */
export interface RemotePlan {
  readonly name: string;
  readonly type: string;
  readonly options: ReadonlyMap<string, string>;
}

/**
 * @param profile what the profile will be.
 * @returns undefined when rclone.conf is left as it is.
 * @throws USAGE, REMOTE_TYPE_UNKNOWN, ALREADY_INSTALLED
 */
export async function planRemote(
  context: Context,
  request: InstallRequest,
  profile: Profile,
  conf: RcloneConf,
  rcloneMissing: boolean,
): Promise<RemotePlan | undefined> {
  const name = profile.remote?.name ?? '';
  verifyRemoteName(name);
  verifyNoControlCharacters('--remote-path', request.remotePath ?? '');
  for (const [option, value] of request.remoteOptions)
    verifyNoControlCharacters(`the option ${option}`, value);
  if (request.remoteType === undefined) {
    if (request.remoteOptions.size === 0) return undefined;
    throw new CryptosyncError('USAGE', 'remote options were given without --remote-type', {
      hint: 'Name the backend they are for: --remote-type s3',
    });
  }
  // with --with-deps rclone may only come later; then it judges the type when it writes it
  if (rcloneMissing) return { name, type: request.remoteType, options: request.remoteOptions };
  const backend = findBackend(request.remoteType, await listBackends(context));
  verifyOptions(backend, request.remoteOptions);
  warnOfPublicSecrets(context, request, backend);
  if (!request.force && remoteType(conf, name) !== undefined) {
    verifySameRemote(name, backend, request, conf);
    return undefined;
  }
  return { name, type: backend.name, options: request.remoteOptions };
}

function warnOfPublicSecrets(context: Context, request: InstallRequest, backend: Backend): void {
  const exposed = secretOptions(backend, request.remoteOptions).filter((name) =>
    request.publicOptions.includes(name),
  );
  if (exposed.length === 0) return;
  context.warn(
    `${exposed.join(', ')} on the command line is unsafe: every user of this machine can read it. Use --remote-options-file.`,
  );
}

/** @throws ALREADY_INSTALLED when the remote is there with other values; secrets can't be compared. */
function verifySameRemote(name: string, backend: Backend, request: InstallRequest, conf: RcloneConf): void {
  const secrets = new Set(secretOptions(backend, request.remoteOptions));
  const current = conf.remotes.get(name);
  const different = [...request.remoteOptions]
    .filter(([option, value]) => !secrets.has(option) && current?.get(option) !== value)
    .map(([option]) => option);
  if (current?.get('type') !== backend.name) different.unshift('type');
  if (different.length === 0) return;
  throw alreadyInstalled(`the remote ${name} has another ${different.join(', ')}`);
}
