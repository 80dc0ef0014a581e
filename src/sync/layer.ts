/** The remote of a route as a run sees it: as it lies there, or through a crypt layer whose key was checked. */

import { type KeyCheck, verifyKeyCheckIn, writeKeyCheck } from '../remotes/control/key-check.ts';
import { type CryptKey, cryptRemote } from '../remotes/crypt.ts';
import type { Place } from '../remotes/place.ts';
import type { Remote } from '../remotes/remote.ts';
import type { TransferContext } from './context.ts';
import type { Route } from './route.ts';

/** The view of a route's place that its files go through. @param key needed where the route has crypt. */
export function viewOf({ raw, crypt }: Pick<Route, 'raw' | 'crypt'>, key: CryptKey | undefined): Remote {
  return crypt === undefined || key === undefined ? raw : cryptRemote(raw, crypt, key);
}

/** A view of a route's place, and what opens it. */
interface OpenView {
  readonly view: Remote;
  readonly place: Place;
}

/**
 * Makes sure, before every run in any direction, by the process that it is carried out with where that tells, that the key
 * is the one of what lies there.
 * @throws DECRYPTION_FAILED and what the key check throws; then neither side has changed
 */
export async function verifyLayer(
  context: TransferContext,
  mapping: Route,
  { view, place }: OpenView,
): Promise<void> {
  if (mapping.crypt !== undefined) await verifyKeyCheckIn(place, keyCheckOf(mapping, view), context);
}

/** Writes the key check object into an empty place, before anything else goes there, once the guard has passed. */
export async function establishLayer(
  context: TransferContext,
  mapping: Route,
  { view, place }: OpenView,
): Promise<void> {
  if (mapping.crypt === undefined) return;
  const check = keyCheckOf(mapping, view);
  const verdict = await verifyKeyCheckIn(place, check, context);
  if (verdict === 'absent-on-empty') await writeKeyCheck(place, check, context);
}

function keyCheckOf({ raw, source }: Route, view: Remote): KeyCheck {
  return { raw, decrypted: view, owner: source.identity };
}
