/** What a check of a model's place says, with the place open for whatever else is done to it. */
import { join } from 'node:path';
import { openPlace } from '../../../src/remotes/open-place.ts';
import type { Place } from '../../../src/remotes/place.ts';
import { choose } from '../../../src/sync/generations/choice.ts';
import { readPast } from '../../../src/sync/generations/history.ts';
import type { Job } from '../../../src/sync/job.ts';
import type { Findings } from '../../../src/sync/verify/findings.ts';
import { type Depth, verifyGeneration } from '../../../src/sync/verify/verify.ts';
import { withScratchFile } from '../../../src/system/scratch-file.ts';
import { contextFor } from '../context.ts';
import { cleanEnvironment } from '../serve.ts';
import type { Machine, ModelPlace } from './world.ts';

export async function inPlaceOf<Result>(
  job: Job,
  at: ModelPlace,
  action: (place: Place) => Promise<Result>,
): Promise<Result> {
  const settings = { flags: at.flags, bandwidthLimit: undefined, now: Date.now };
  const place = openPlace(job.view, settings, contextFor(job.mapping.source.directory, cleanEnvironment));
  try {
    return await action(place);
  } finally {
    await place.close();
  }
}

/** @throws what the check throws */
export async function checked(
  { state }: Machine,
  job: Job,
  place: Place,
  depth: Depth = { kind: 'quick' },
): Promise<Findings> {
  const past = await readPast(place, undefined);
  const chosen = await choose(place, past, {}, job.sealKey);
  const context = contextFor(state, cleanEnvironment);
  const journalFile = join(state, 'journal');
  return await verifyGeneration(context, { place, past, chosen, job, depth, journalFile });
}

export const toldOf = ({ damaged }: Pick<Findings, 'damaged'>): string[] =>
  damaged.map(({ object, damage }) => `${object}: ${damage}`).sort();

/** Changes what lies at a path, under the time that it had; undefined takes it away. */
export type Change = (there: Buffer) => Buffer | undefined;

export const flip: Change = (there) => {
  const copy = Buffer.from(there);
  copy[copy.length >> 1] = (copy[copy.length >> 1] ?? 0) ^ 1;
  return copy;
};

export async function inflict(place: Place, path: string, change: Change): Promise<void> {
  const mtime = (await place.look(path))?.mtime ?? 0n;
  const parts: Buffer[] = [];
  if (!(await place.stream(path, (part) => parts.push(Buffer.from(part))))) throw new Error(`no ${path}`);
  const content = change(Buffer.concat(parts));
  await place.removeFile(path);
  if (content === undefined) return;
  const source = { size: content.length, mtime, mode: 0o600 };
  await withScratchFile(content, (descriptor) => place.put({ ...source, descriptor }, path), mtime);
}
