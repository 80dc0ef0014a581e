/**
 * Restoring on a machine that knows nothing of the client: an install whose vault comes from the remote, of the
 * generation that is wanted, and of the engine that its marker names.
 */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { fileMode, type ProfileLayout } from '../../clients/layout.ts';
import { choose } from '../../sync/generations/choice.ts';
import { readPast } from '../../sync/generations/history.ts';
import { writeFileAtomic } from '../../system/files.ts';
import { removeFile, removeTree } from '../../system/paths/removal.ts';
import { parseStoredJson } from '../../system/paths/stored-json.ts';
import { temporaryDirectory } from '../../system/paths/temporary.ts';
import { readTrustedText } from '../../system/paths/trust.ts';
import type { EngineName } from '../../vaults/engines/engine.ts';
import { stateOfVault } from '../../vaults/mounting.ts';
import type { Context, KeyProvider } from '../context.ts';
import { lookAtMappings } from '../generations/look.ts';
import { executeInstall } from '../install/execute.ts';
import type { InstallInputs } from '../install/installation.ts';
import { planInstall } from '../install/plan.ts';
import type { InstallRequest } from '../install/request.ts';
import { unmountProfile } from '../unmount.ts';
import { vaultOf } from '../vault-of.ts';
import { bringBack } from './bring-back.ts';
import { markerThere } from './marker-there.ts';
import type { RestoreRequest, RestoreResult } from './request.ts';
import { restoreProfile } from './restore.ts';

/** @throws what an install and `bringBack` throw; run again, it goes on */
export async function restoreOnBareMachine(
  context: Context,
  request: RestoreRequest,
  installation: InstallRequest,
  inputs: InstallInputs,
): Promise<RestoreResult> {
  const engine = installation.engine ?? (await engineThere(context, installation, inputs.encryptionKey));
  const wanted = { ...installation, engine, fromRemote: true };
  const plan = await planInstall(context, wanted);
  // nobody mounts what has no profile: a run that was killed while it proved the vault has left it so
  const isLeftOpen =
    plan.decision.existing === undefined &&
    (await stateOfVault(vaultOf(request.layout, plan.profile))).kind === 'mounted';
  let result: RestoreResult | undefined;
  const note = noteOf(request.layout);
  const onProven = (proven: RestoreResult): void =>
    writeFileAtomic(note, JSON.stringify(proven), fileMode, request.layout.directory);
  await executeInstall(context, wanted, plan, {
    ...inputs,
    bringBack: async (wish) => {
      result = await bringBack(context, request, { ...wish, onProven });
    },
  });
  if (isLeftOpen) await unmountProfile(context, { layout: request.layout, force: false, wait: inputs.wait });
  result ??= await broughtBefore(context, request, note);
  removeFile(note, request.layout.directory);
  return result ?? first(await restoreProfile(context, request));
}

/** Whether a run that began on a bare machine was killed before the client was all set up: the same command ends it. */
export function isSetUpHalf(layout: ProfileLayout): boolean {
  return readTrustedText(noteOf(layout), layout.directory) !== undefined;
}

const noteOf = ({ stateDirectory, profile }: ProfileLayout): string =>
  `${stateDirectory}/restored-${profile}.json`;

/**
 * What a run that was killed after it had put the vault in its place, and before the client was all set up, would have
 * said. @returns undefined for another generation than is wanted, or another vault
 */
async function broughtBefore(
  context: Context,
  request: RestoreRequest,
  note: string,
): Promise<RestoreResult | undefined> {
  const { layout, from } = request;
  const said: Partial<RestoreResult> = parsed(readTrustedText(note, layout.directory));
  const [id] = await lookAtMappings(context, { ...request, remotePath: from?.path }, async (look) => {
    const past = await readPast(look.place, context.signal);
    return (await choose(look.place, past, request, look.job.sealKey)).head.id;
  });
  if (id === undefined || said.id !== id) return undefined;
  const { files = 0 } = said;
  return { ...(said as RestoreResult), paths: null, filesFetched: 0, bytesFetched: 0, filesResumed: files };
}

/** A note of ours that is torn says nothing. */
function parsed(text: string | undefined): object {
  try {
    return Object(parseStoredJson(text ?? 'null'));
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function first(results: readonly RestoreResult[]): RestoreResult {
  const [result] = results;
  if (result !== undefined) return result;
  throw new Error('a profile has a mapping');
}

/** What encrypts the vault that lies there, as its marker says; undefined where nothing says. */
async function engineThere(
  context: Context,
  request: InstallRequest,
  encryptionKey: KeyProvider,
): Promise<EngineName | undefined> {
  const directory = mkdtempSync(join(temporaryDirectory(), 'cryptosync-restore-'));
  try {
    const { engine } = await markerThere(context, request, encryptionKey, join(directory, 'rclone.conf'));
    return engine;
  } finally {
    removeTree(directory);
  }
}
