/** The remote of a route as a run sees it: as it lies there, or through a crypt layer whose key was checked. */
import { type CryptKey, cryptRemote } from '../../remotes/crypt.ts';
import { type KeyCheck, verifyKeyCheck, writeKeyCheck } from '../../remotes/key-check.ts';
import { verifyNamesFit } from '../../remotes/name-length.ts';
import type { Remote } from '../../remotes/remote.ts';
import { scanSource } from '../../remotes/source-scan.ts';
import type { TransferContext } from '../context.ts';
import type { Route } from './mapping.ts';

/** The view of a route's place that its files go through. @param key needed where the route has crypt. */
export function viewOf({ raw, crypt }: Route, key: CryptKey | undefined): Remote {
  return crypt === undefined || key === undefined ? raw : cryptRemote(raw, crypt, key);
}

/**
 * Makes sure, before every run in any direction, that the key is the one of what lies on the remote.
 * @param mayWrite writes the key check object into an empty place, before anything else goes there.
 * @throws DECRYPTION_FAILED and what the key check throws; then neither side has changed
 */
export async function verifyLayer(
  context: TransferContext,
  mapping: Route,
  view: Remote,
  mayWrite: boolean,
): Promise<void> {
  const { raw, crypt, source } = mapping;
  if (mapping.direction !== 'download' && source.inspect() !== 'missing') {
    verifyNamesFit(scanSource(source.directory), raw, crypt);
  }
  if (crypt === undefined) return;
  const check: KeyCheck = { raw, decrypted: view, owner: source.identity };
  const verdict = await verifyKeyCheck(check, context);
  if (verdict === 'absent-on-empty' && mayWrite) await writeKeyCheck(check, context);
}
