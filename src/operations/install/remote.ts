/** The remote that an install sets up: checked against rclone's own list before anything is changed. */
import type { Profile } from '../../clients/profile.ts';
import { type RcloneConf, remoteType } from '../../remotes/configuration.ts';
import {
  type Backend,
  findBackend,
  listBackends,
  secretOptions,
  serviceOf,
  verifyNoControlCharacters,
  verifyOptions,
  verifyRemoteName,
} from '../../remotes/setup.ts';
import type { ToolName } from '../../system/dependencies.ts';
import { CryptosyncError } from '../../system/errors.ts';
import type { Context } from '../context.ts';
import { alreadyInstalled, type InstallRequest } from './request.ts';

/** To be written into rclone.conf. */
export interface RemotePlan {
  readonly name: string;
  readonly type: string;
  readonly options: ReadonlyMap<string, string>;
}

/** What the remote is decided by. */
interface RemoteBasis {
  /** What the profile will be. */
  readonly profile: Profile;
  readonly conf: RcloneConf;
  /** What rclone can; undefined while it is not installed. */
  readonly backends: readonly Backend[] | undefined;
}

/** What rclone can, for a request that names a backend; undefined where it is not needed, or rclone is missing. */
export async function backendsFor(
  context: Context,
  { remoteType: wanted }: InstallRequest,
  missing: readonly ToolName[],
): Promise<readonly Backend[] | undefined> {
  return wanted === undefined || missing.includes('rclone') ? undefined : await listBackends(context);
}

/**
 * @returns undefined when rclone.conf is left as it is.
 * @throws USAGE, REMOTE_TYPE_UNKNOWN, ALREADY_INSTALLED
 */
export function planRemote(
  context: Context,
  request: InstallRequest,
  { profile, conf, backends }: RemoteBasis,
): RemotePlan | undefined {
  const name = profile.remote?.name ?? '';
  verifyRemoteName(name);
  verifyNoControlCharacters('the path of the remote', request.remotePath ?? '');
  for (const [option, value] of request.remoteOptions)
    verifyNoControlCharacters(`the option ${option}`, value);
  if (request.remoteType === undefined) {
    if (request.remoteOptions.size === 0) return undefined;
    throw new CryptosyncError('USAGE', 'remote options were given without a type', {
      advice: { to: 'name-backend' },
    });
  }
  // with --with-deps rclone may only come later; then it judges the type when it writes it
  const service = serviceOf(request.remoteType);
  const options = new Map([...Object.entries(service.options ?? {}), ...request.remoteOptions]);
  if (backends === undefined) return { name, type: service.backend, options };
  const backend = findBackend(request.remoteType, backends);
  verifyOptions(backend, options);
  warnOfPublicSecrets(context, request, backend);
  if (!request.force && remoteType(conf, name) !== undefined) {
    verifySameRemote({ name, type: backend.name, options }, backend, conf);
    return undefined;
  }
  return { name, type: backend.name, options };
}

function warnOfPublicSecrets(context: Context, request: InstallRequest, backend: Backend): void {
  const exposed = secretOptions(backend, request.remoteOptions).filter((name) =>
    request.publicOptions.includes(name),
  );
  if (exposed.length === 0) return;
  context.warn(
    `${exposed.join(', ')} on the command line is unsafe: every user of this machine can read it.`,
    { to: 'use-options-file' },
  );
}

/** @throws ALREADY_INSTALLED when the remote is there with other values; secrets can't be compared. */
function verifySameRemote({ name, options }: RemotePlan, backend: Backend, conf: RcloneConf): void {
  const secrets = new Set(secretOptions(backend, options));
  const current = conf.remotes.get(name);
  const different = [...options]
    .filter(([option, value]) => !secrets.has(option) && current?.get(option) !== value)
    .map(([option]) => option);
  // an rclone.conf may have rclone's long name of it
  if (serviceOf(current?.get('type') ?? '').backend !== backend.name) different.unshift('type');
  if (different.length === 0) return;
  throw alreadyInstalled(`the remote ${name} has another ${different.join(', ')}`);
}
