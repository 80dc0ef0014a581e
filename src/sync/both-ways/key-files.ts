/** The files without which nothing of a vault can be read: looked at before a bidirectional sync takes them along. */
import type { Place } from '../../remotes/place.ts';
import { CryptosyncError } from '../../system/errors.ts';
import type { Job } from '../job.ts';
import { longestKeyFile, verifySent } from '../proof.ts';
import type { Proven } from '../source.ts';
import type { BothWaysPlan } from './plan.ts';

/**
 * What goes must be proven, and what comes must look whole and as strong as what it replaces; a changed password
 * comes from another machine so. @throws VAULT_MISMATCH
 */
export async function verifyKeyFiles(
  place: Place,
  { mapping: { source } }: Job,
  { copies }: BothWaysPlan,
  { files }: Proven,
): Promise<void> {
  const moving = copies.filter(({ path }) => files.has(path));
  if (moving.some(({ to }) => to === 'remote')) source.verifyProven();
  const coming = new Map<string, Buffer>();
  for (const { path, to } of moving) {
    if (to !== 'local') continue;
    if (path !== source.configFile && files.get(path) !== undefined) throw exchanged(path, place.name);
    coming.set(path, (await place.read(path, longestKeyFile)) ?? Buffer.alloc(0));
  }
  if (coming.size > 0) source.verifyComing((name) => coming.get(name) ?? files.get(name), place.name);
}

/** Only the configuration is ever written anew. */
function exchanged(path: string, place: string): CryptosyncError {
  return new CryptosyncError('VAULT_MISMATCH', `${path} in ${place} is of another vault`, {
    advice: { to: 'look-at-exchanged-file' },
  });
}

/** Before the commit: what was sent is what was looked at. What came in the meantime is proven when it is opened. */
export function verifyKeyFilesSent({ mapping: { source } }: Job, plan: BothWaysPlan, proven: Proven): void {
  if (plan.copies.some(({ path, to }) => to === 'local' && proven.files.has(path))) return;
  verifySent(source, proven);
}
