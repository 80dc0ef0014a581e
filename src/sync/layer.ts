/** The remote of a route as a run sees it: as it lies there, or through a crypt layer whose key was checked. */

import {
  isKeyCheckRight,
  type KeyCheck,
  verifyKeyCheck,
  writeKeyCheck,
} from '../remotes/control/key-check.ts';
import { type CryptKey, cryptRemote } from '../remotes/crypt.ts';
import type { Place } from '../remotes/place.ts';
import type { Remote } from '../remotes/remote.ts';
import type { TransferContext } from './context.ts';
import type { Route } from './route.ts';

/** The view of a route's place that its files go through. @param key needed where the route has crypt. */
export function viewOf({ raw, crypt }: Pick<Route, 'raw' | 'crypt'>, key: CryptKey | undefined): Remote {
  return crypt === undefined || key === undefined ? raw : cryptRemote(raw, crypt, key);
}

/**
 * Makes sure, before every run in any direction, by the process that it is carried out with where that tells, that the key is the one of what lies there.
 * @throws DECRYPTION_FAILED and what the key check throws; then neither side has changed
 */
export async function verifyLayer(
  context: TransferContext,
  mapping: Route,
  { view, place }: { readonly view: Remote; readonly place: Place },
): Promise<void> {
  if (mapping.crypt === undefined || (await isKeyCheckRight(place, mapping.source.identity))) return;
  await verifyKeyCheck(keyCheckOf(mapping, view), context);
}

/** Writes the key check object into an empty place, before anything else goes there, once the guard has passed. */
export async function establishLayer(context: TransferContext, mapping: Route, view: Remote): Promise<void> {
  if (mapping.crypt === undefined) return;
  const check = keyCheckOf(mapping, view);
  if ((await verifyKeyCheck(check, context)) === 'absent-on-empty') await writeKeyCheck(check, context);
}

function keyCheckOf({ raw, source }: Route, view: Remote): KeyCheck {
  return { raw, decrypted: view, owner: source.identity };
}
