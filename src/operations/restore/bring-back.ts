/** Bringing one mapping's generation back: fetched beside its place, opened and proven, and only then put there. */
import { join } from 'node:path';
import type { ProfileLayout } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import type { CryptKey } from '../../remotes/crypt.ts';
import type { Place } from '../../remotes/place.ts';
import type { Secret } from '../../secrets/secret.ts';
import { type Chosen, choose } from '../../sync/generations/choice.ts';
import { type Past, readPast } from '../../sync/generations/history.ts';
import { forgetIncoming } from '../../sync/here/incoming.ts';
import type { Job } from '../../sync/job.ts';
import { restoreInto } from '../../sync/restore/restore.ts';
import { swapIn } from '../../sync/restore/swap.ts';
import { withPlace } from '../../sync/run.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { identityOf, recordProof } from '../../vaults/proof.ts';
import { keepSealKey } from '../../vaults/seal-key.ts';
import { type OpenTrial, tryOpening } from '../../vaults/trial.ts';
import type { Context } from '../context.ts';
import { placeOfMapping } from '../places.ts';
import type { Mapping } from '../sync/mapping.ts';
import { jobOf } from '../sync/sync-run.ts';
import { openedAsThen } from './former-password.ts';
import { verifyFree } from './free.ts';
import { asksForNewest, warnOfLater } from './later.ts';
import { namedLost, type Opening } from './lost.ts';
import type { RestoreRequest, RestoreResult } from './request.ts';
import { inWorkshop } from './workshop.ts';

/** What is brought back, and with what. */
export interface Wish {
  readonly profile: Profile;
  readonly mapping: Mapping;
  readonly key: CryptKey | undefined;
  /** Of a vault. */
  readonly password: Secret | undefined;
  /** Told when all has come and was proven, before it is put in its place. */
  readonly onProven?: ((result: RestoreResult) => void) | undefined;
}

type Settings = Pick<
  RestoreRequest,
  'layout' | 'generation' | 'at' | 'atLeast' | 'to' | 'bandwidthLimit' | 'onProgress' | 'skipDamaged' | 'wait'
>;

/**
 * The caller holds the locks of a download; the vault is not mounted.
 * @throws USAGE for a generation that is not there, REMOTE_BEHIND, VERIFY_FAILED, WRONG_PASSWORD, VAULT_MISMATCH, what the
 * place fails with, what a workshop is refused with. What was there before is there then, and what came is not fetched again.
 */
export async function bringBack(context: Context, request: Settings, wish: Wish): Promise<RestoreResult> {
  const target = request.to ?? wish.mapping.source.directory;
  // beside its place, so that putting it there is a rename
  const workshop = { path: `${target}.restoring`, purpose: 'restore', wait: request.wait };
  return await inWorkshop(context, workshop, (directory) =>
    bringInto(context, request, wish, { target, arrival: join(directory, 'arrived') }),
  );
}

async function bringInto(
  context: Context,
  request: Settings,
  wish: Wish,
  { target, arrival }: Pick<Putting, 'target' | 'arrival'>,
): Promise<RestoreResult> {
  const { layout, to } = request;
  const { profile, mapping, key } = wish;
  // another command may have brought something there while this one waited
  if (to !== undefined) verifyFree(to);
  const begin = context.clock.now().getTime();
  const job = jobOf(request, profile, mapping, key);
  return await withPlace(context, job, async (place) => {
    const past = await readPast(place, context.signal);
    verifyOwner(place, past, mapping);
    verifyNotSetBack(place, past, request.atLeast);
    if (asksForNewest(request)) warnOfLater(context, place, past, job);
    const chosen = await choose(place, past, request, job.sealKey);
    const { stateDirectory: state } = layout;
    const { onProgress, skipDamaged: skipsDamaged } = request;
    const wanted = { place, chosen, directory: arrival, state, onProgress, skipsDamaged };
    const restored = await restoreInto(context, wanted);
    const opening = openingOf(layout, arrival, wish);
    const [lost, seal] = await openedAsThen(chosen, past, async () => [
      await namedLost(restored.lost, opening, context),
      await proven(context, { place, past, request, job, chosen }, opening),
    ]);
    const { head } = chosen;
    const result: RestoreResult = {
      remote: placeOfMapping(mapping).remote,
      ...{ generation: head.generation, id: head.id, at: head.at },
      ...{ directory: target, paths: null, keptAside: null },
      ...{ files: restored.files, bytes: restored.bytes },
      ...{ filesFetched: restored.fetched.files, bytesFetched: restored.fetched.bytes },
      filesResumed: restored.resumed,
      seal,
      ...{ notRestored: restored.notRestored, lost },
      durationMs: context.clock.now().getTime() - begin,
    };
    wish.onProven?.(result);
    const putting = { arrival, target, layout, isElsewhere: to !== undefined };
    return { ...result, keptAside: putInPlace(context, putting, mapping) ?? null };
  });
}

/** @throws VAULT_FOREIGN */
function verifyOwner({ name }: Place, { marker }: Past, { source }: Mapping): void {
  if (marker.vaultId === source.identity) return;
  throw new CryptosyncError('VAULT_FOREIGN', `${name} holds another vault`, {
    advice: { to: 'separate-vaults' },
    details: { expected: source.identity, found: marker.vaultId },
  });
}

/** @throws REMOTE_BEHIND */
function verifyNotSetBack({ name }: Place, { marker }: Past, atLeast: number | undefined): void {
  if (atLeast === undefined || marker.generation >= atLeast) return;
  throw new CryptosyncError(
    'REMOTE_BEHIND',
    `${name} is at generation ${marker.generation} of ${marker.at}, and ${atLeast} was to be there at least: it was set back`,
    { advice: { to: 'find-who-set-back' }, details: { found: marker.generation, atLeast } },
  );
}

/** Undefined for what is no vault. */
function openingOf(
  { stateDirectory, profile }: ProfileLayout,
  arrival: string,
  { mapping: { source, vault }, password }: Wish,
): Opening | undefined {
  if (source.kind !== 'vault' || password === undefined) return undefined;
  const { engine, vaultId, madeWith } = vault;
  const workshop = join(stateDirectory, `trial-${profile}`);
  return { copy: { engine, encryptedDir: arrival, vaultId, madeWith, workshop }, password };
}

interface Arrived {
  readonly place: Place;
  readonly past: Past;
  readonly request: Settings;
  readonly job: Job;
  readonly chosen: Chosen;
}

/**
 * A vault is opened where it arrived; on a bare machine the key that its manifests are sealed with comes out of it then.
 * @returns what became of the seal
 */
async function proven(
  context: Context,
  { place, past, request, job, chosen }: Arrived,
  opening: Opening | undefined,
): Promise<Chosen['seal']> {
  if (opening === undefined) return chosen.seal;
  const { copy, password } = opening;
  const read = async ({ sealKey }: OpenTrial): Promise<Secret | undefined> => sealKey;
  const sealKey = await tryOpening(copy, password, context, read);
  if (sealKey === undefined) return chosen.seal;
  try {
    const wanted = { generation: chosen.head.generation };
    const { seal } = job.sealKey === undefined ? await choose(place, past, wanted, sealKey.reveal()) : chosen;
    // who strips a seal can change what it was over; to look at it is no harm
    if (seal !== 'right' && request.to === undefined) throw unsealed(place);
    if (request.to === undefined) keepSealKey(request.layout.stateDirectory, copy.vaultId ?? '', sealKey);
    return seal;
  } finally {
    sealKey.wipe();
  }
}

function unsealed({ name }: Place): CryptosyncError {
  return new CryptosyncError(
    'VERIFY_FAILED',
    `the vault from ${name} has a seal, and what lies there does not carry it: it may have been changed or forged`,
    { advice: { to: 'look-at-unsealed' } },
  );
}

interface Putting {
  readonly arrival: string;
  readonly target: string;
  readonly layout: ProfileLayout;
  /** It is not the profile's own place: nothing is remembered of it. */
  readonly isElsewhere: boolean;
}

function putInPlace(
  { clock }: Context,
  { arrival, target, layout, isElsewhere }: Putting,
  { source, vault }: Mapping,
): string | undefined {
  const now = clock.now();
  const isVault = source.kind === 'vault' && !isElsewhere;
  // what the engine remembers is of the state that leaves: it would take the one that comes for a forgery
  if (isVault) vault.engine.forgetIntegrityState?.(vault, now);
  const aside = swapIn(arrival, target, now);
  if (isElsewhere) return aside;
  forgetIncoming(layout.stateDirectory, target);
  if (isVault && vault.vaultId !== undefined)
    recordProof(layout.stateDirectory, vault.vaultId, identityOf({ ...vault, encryptedDir: target }));
  return aside;
}
