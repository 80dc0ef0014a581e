/** What lies at a place that nothing on this machine knows of yet: whose it is, as its marker says. */
import { dirname } from 'node:path';
import type { Profile } from '../../clients/profile.ts';
import { verifyKeyCheck } from '../../remotes/control/key-check.ts';
import { readState } from '../../remotes/control/state.ts';
import { wipeKey } from '../../remotes/crypt.ts';
import { inPlace } from '../../remotes/open-place.ts';
import { writeRemote } from '../../remotes/setup.ts';
import { viewOf } from '../../sync/layer.ts';
import { type EngineName, engineNames } from '../../vaults/engines/engine.ts';
import type { Context, KeyProvider } from '../context.ts';
import { decideProfile } from '../install/profile.ts';
import { backendsFor, planRemote } from '../install/remote.ts';
import type { InstallRequest } from '../install/request.ts';
import { cryptOf } from '../sync/mapping.ts';
import { remoteOf } from '../vault-of.ts';

export interface MarkerThere {
  /** What an install would write, but for what the marker says. */
  readonly profile: Profile;
  /** The identity of what lies there, and what encrypts it; undefined where nothing says. */
  readonly identity: string | undefined;
  readonly engine: EngineName | undefined;
  /** Where the remote stands: in the client's rclone.conf, or in the one that was written for this. */
  readonly rcloneConfig: string;
}

/**
 * @param scratch where an rclone.conf is written when the request sets the remote up; the caller removes it
 * @throws what is wrong with the request, DECRYPTION_FAILED, what the place fails with
 */
export async function markerThere(
  context: Context,
  request: InstallRequest,
  encryptionKey: KeyProvider,
  scratch: string,
): Promise<MarkerThere> {
  const { profile, conf } = decideProfile(context, request);
  const { layout } = request;
  const backends = await backendsFor(context, request, []);
  const remote = planRemote(context, request, { profile, conf, backends });
  const rcloneConfig = remote === undefined ? layout.rcloneConfig : scratch;
  if (remote !== undefined) await writeRemote(remote, scratch, context);
  const own = remote === undefined ? layout : { ...layout, directory: dirname(scratch), rcloneConfig };
  const raw = remoteOf(own, profile);
  const crypt = cryptOf(profile);
  const key = crypt === undefined ? undefined : await encryptionKey(layout, profile);
  try {
    const view = viewOf({ raw, crypt }, key);
    if (crypt !== undefined) await verifyKeyCheck({ raw, decrypted: view, owner: undefined }, context);
    const state = await inPlace(view, context, readState);
    if (state.kind !== 'present') return { profile, identity: undefined, engine: undefined, rcloneConfig };
    const said = state.committed?.engine ?? state.begun?.engine;
    const engine = engineNames.find((name) => name === said);
    return { profile, identity: state.vaultId, engine, rcloneConfig };
  } finally {
    if (key !== undefined) wipeKey(key);
  }
}
