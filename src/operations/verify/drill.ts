/** The drill: a generation is brought back to a scratch directory, opened as after a fire, and every file of it is read. */
import { join } from 'node:path';
import type { Secret } from '../../secrets/secret.ts';
import { type Chosen, choose } from '../../sync/generations/choice.ts';
import type { Past } from '../../sync/generations/history.ts';
import { restoreInto } from '../../sync/restore/restore.ts';
import { stateOfVault } from '../../vaults/mounting.ts';
import { type MountContents, readMountContents } from '../../vaults/mounts/contents.ts';
import { tryOpening } from '../../vaults/trial.ts';
import type { Context } from '../context.ts';
import type { Look } from '../generations/look.ts';
import { inWorkshop } from '../restore/workshop.ts';
import type { DrillResult, VerifyRequest } from './request.ts';

export interface Drilled extends DrillResult {
  readonly seal: Chosen['seal'];
  readonly unreadable: readonly string[];
}

/**
 * What came is kept when it is cut off, and removed when it has ended.
 * @throws VERIFY_FAILED, WRONG_PASSWORD, FUSE_UNAVAILABLE, MOUNT_FAILED, what the place fails with, INTERRUPTED; LOCKED while
 * another drill is at the same directory
 */
export async function drill(
  context: Context,
  request: VerifyRequest,
  look: Look,
  wanted: Rehearsed,
): Promise<Drilled> {
  const { layout, scratch, wait } = request;
  const path =
    scratch === undefined
      ? join(layout.stateDirectory, `drill-${layout.profile}`)
      : join(scratch, '.cryptosync-drill');
  return await inWorkshop(context, { path, purpose: 'verify', wait }, (directory) =>
    drillIn(context, request, look, { ...wanted, directory }),
  );
}

interface Rehearsed {
  readonly past: Past;
  readonly chosen: Chosen;
  readonly password: Secret | undefined;
}

async function drillIn(
  context: Context,
  request: VerifyRequest,
  { mapping, job, place }: Look,
  { past, chosen, password, directory }: Rehearsed & { readonly directory: string },
): Promise<Drilled> {
  const { layout, onProgress } = request;
  const begin = performance.now();
  const arrival = join(directory, 'restored');
  const { stateDirectory: state } = layout;
  await restoreInto(context, { place, chosen, directory: arrival, state, onProgress });
  const restoreMs = Math.round(performance.now() - begin);
  let opened: Pick<Drilled, 'files' | 'differentFromLive' | 'unreadable' | 'seal'> = {
    ...{ files: chosen.tree.filter(({ kind }) => kind === 'file').length, differentFromLive: null },
    ...{ unreadable: [], seal: chosen.seal },
  };
  if (mapping.source.kind === 'vault' && password !== undefined) {
    const { engine, vaultId, madeWith } = mapping.vault;
    const copy = { engine, encryptedDir: arrival, vaultId, madeWith, workshop: join(directory, 'trial') };
    opened = await tryOpening(copy, password, context, async ({ mountDir, sealKey }) => {
      const wanted = { generation: chosen.head.generation };
      const isNewToUs = job.sealKey === undefined && sealKey !== undefined;
      const seal = isNewToUs ? (await choose(place, past, wanted, sealKey.reveal())).seal : chosen.seal;
      const { files, unreadable } = await readMountContents(mountDir, context);
      const isMounted = (await stateOfVault(mapping.vault)).kind === 'mounted';
      const live = isMounted ? await readMountContents(mapping.vault.mountDir, context) : undefined;
      return {
        files: files.size,
        unreadable,
        seal,
        differentFromLive: live === undefined ? null : differences(files, live.files),
      };
    });
  }
  return { restoreMs, totalMs: Math.round(performance.now() - begin), ...opened };
}

function differences(one: MountContents['files'], other: MountContents['files']): number {
  const names = new Set([...one.keys(), ...other.keys()]);
  return [...names].filter((name) => one.get(name) !== other.get(name)).length;
}
