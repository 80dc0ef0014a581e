/** The remote of a route as a run sees it: as it lies there, or through a crypt layer whose key was checked. */
import { type CryptKey, cryptRemote } from '../../remotes/crypt.ts';
import { type KeyCheck, verifyKeyCheck, writeKeyCheck } from '../../remotes/key-check.ts';
import { verifyNamesFit } from '../../remotes/name-length.ts';
import type { Remote } from '../../remotes/remote.ts';
import { type SourceScan, scanSource } from '../../remotes/source-scan.ts';
import type { TransferContext } from '../context.ts';
import type { Route } from './mapping.ts';

/** The view of a route's place that its files go through. @param key needed where the route has crypt. */
export function viewOf({ raw, crypt }: Route, key: CryptKey | undefined): Remote {
  return crypt === undefined || key === undefined ? raw : cryptRemote(raw, crypt, key);
}

/**
 * Makes sure, before every run in any direction, that the remote can hold the names, and that the key is the one of
 * what lies there.
 * @throws DECRYPTION_FAILED and what the key check throws; then neither side has changed
 */
export async function verifyLayer(context: TransferContext, mapping: Route, view: Remote): Promise<void> {
  const { raw, crypt, source } = mapping;
  if (mapping.direction !== 'download' && source.inspect() !== 'missing') {
    verifyNamesFit(scanSource(source.directory), raw, crypt);
  }
  if (crypt !== undefined) await verifyKeyCheck(keyCheckOf(mapping, view), context);
}

/**
 * Writes the key check object into an empty place, before anything else goes there, once the guard has passed.
 * @param scan what is to go there. @throws as `verifyLayer`
 */
export async function establishLayer(
  context: TransferContext,
  mapping: Route,
  view: Remote,
  scan: SourceScan,
): Promise<void> {
  verifyNamesFit(scan, mapping.raw, mapping.crypt);
  if (mapping.crypt === undefined) return;
  const check = keyCheckOf(mapping, view);
  if ((await verifyKeyCheck(check, context)) === 'absent-on-empty') await writeKeyCheck(check, context);
}

function keyCheckOf({ raw, source }: Route, view: Remote): KeyCheck {
  return { raw, decrypted: view, owner: source.identity };
}
