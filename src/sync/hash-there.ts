/** The hash of what lies at a place. */
import { createHash } from 'node:crypto';
import type { Place } from '../remotes/place.ts';

/** @returns SHA-256 of an object's content, read whole, in hexadecimal; undefined when it is not there */
export async function hashThere(place: Place, object: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  return (await place.stream(object, (part) => hash.update(part))) ? hash.digest('hex') : undefined;
}
