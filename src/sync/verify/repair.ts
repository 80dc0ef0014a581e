/**
 * Sending again what is damaged at a place and sound here, never the other way round. What stood there is kept in the
 * trash, under the time of the repair.
 */
import { createHash } from 'node:crypto';
import { manifestName, manifestsDirectory, trashDirectory } from '../../remotes/control/generations.ts';
import { type Committed, writeMarker } from '../../remotes/control/state.ts';
import type { Place, Source } from '../../remotes/place.ts';
import { toNameSeconds } from '../../system/clock.ts';
import { bytesOfName } from '../../system/names.ts';
import { withScratchFile } from '../../system/scratch-file.ts';
import type { TransferContext } from '../context.ts';
import { hashThere } from '../hash-there.ts';
import type { Job } from '../job.ts';
import { hashOf, openBelow } from '../tree/content.ts';
import type { Entry } from '../tree/entry.ts';
import { encodeManifest } from '../tree/manifest.ts';
import { openRecord, replaceRecord } from '../tree/record.ts';
import type { Finding } from './findings.ts';

/** @returns what is right again. @throws what the place fails with, INTERRUPTED */
export async function repairObjects(
  context: TransferContext,
  { mapping: { source } }: Job,
  place: Place,
  findings: readonly Finding[],
): Promise<Finding[]> {
  const trash = `${trashDirectory}/${toNameSeconds(context.clock.now())}`;
  const repaired: Finding[] = [];
  for (const finding of findings) {
    const { object, entry, damage } = finding;
    if (entry === undefined || damage === 'manifest') continue;
    const isDone = await withSound(source.directory, entry, context.signal, async (sound, hash) => {
      if (damage !== 'missing') await place.move(object, `${trash}/${object}`);
      return (await place.put(sound, object)) === 'done' && (await hashThere(place, object)) === hash;
    });
    if (isDone) repaired.push(finding);
  }
  await place.flush();
  return repaired;
}

/** Gives `action` what this machine has of an entry, where that is what was sent. @returns false where it is not */
async function withSound(
  root: string,
  entry: Entry,
  signal: AbortSignal | undefined,
  action: (sound: Source, hash: string) => Promise<boolean>,
): Promise<boolean> {
  const mtime = entry.there ?? entry.mtime;
  if (entry.kind === 'link') {
    const text = bytesOfName(entry.target ?? '');
    const hash = createHash('sha256').update(text).digest('hex');
    return await withScratchFile(
      text,
      (descriptor) => action({ descriptor, size: text.length, mtime, mode: 0o600 }, hash),
      mtime,
    );
  }
  const file = openBelow(root, entry.path);
  if (file === 'vanished') return false;
  try {
    const { descriptor, size } = file;
    if (entry.hash === undefined || (await hashOf(file, signal)) !== entry.hash) return false;
    return await action({ descriptor, size, mtime, mode: entry.mode }, entry.hash);
  } finally {
    file.close();
  }
}

/**
 * Writes the manifest of the current generation anew, as a whole, out of what this machine recorded of it.
 * @returns false when this machine is not at that generation
 */
export async function repairManifest(job: Job, place: Place, marker: Committed): Promise<boolean> {
  const record = openRecord(job.recordFile);
  if (record === undefined || record.head.id !== marker.id) return false;
  const { vaultId, generation, id, parent, machine, at } = marker;
  const head = { kind: 'full', vaultId, generation, id, parent, changes: null, machine, at } as const;
  const file = manifestName(generation, new Date(at), id, 'full');
  const entries = [...record.entries()].map((entry) => ({ path: entry.path, entry }));
  const bytes = encodeManifest({ ...head, notCarried: [] }, entries, job.sealKey);
  await place.write(`${manifestsDirectory}/${file}`, bytes);
  await place.flush();
  await writeMarker(place, { ...marker, manifest: { file, deltas: 0 } }, job.sealKey);
  await place.flush();
  const manifest = { file, deltas: 0, deltaBytes: 0, fullBytes: bytes.length };
  replaceRecord(
    job.recordFile,
    { ...record.head, manifest, sealed: job.sealKey !== undefined },
    entries.map(({ entry }) => entry),
  );
  return true;
}
