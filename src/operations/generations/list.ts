/** The generations of a profile's places, with what this machine knows of each. */
import { type Checked, readLastVerified } from '../../runs/last-verified.ts';
import { type Generation, generationsOf, readPast } from '../../sync/generations/history.ts';
import type { Context } from '../context.ts';
import { placeOfMapping } from '../places.ts';
import { type LookRequest, lookAtMappings } from './look.ts';

export interface ListedGeneration extends Generation, Checked {
  /** It was written here, as far as this machine's state tells. */
  readonly isOurs: boolean;
}

export interface PlaceGenerations {
  /** The directory of this machine; null for the vault's ciphertext. */
  readonly source: string | null;
  readonly remote: string;
  /** The newest first. */
  readonly generations: readonly ListedGeneration[];
  /** When a run began there that has not ended, ISO 8601; null when none has. */
  readonly unfinished: string | null;
}

/** @throws what a profile, its key or one of its places fails with */
export async function listGenerations(context: Context, request: LookRequest): Promise<PlaceGenerations[]> {
  return await lookAtMappings(context, request, async ({ mapping, job, place }) => {
    const past = await readPast(place, context.signal);
    const { remote } = placeOfMapping(mapping);
    const checked = readLastVerified(request.layout.ledger);
    return {
      source: mapping.configuredSource ?? null,
      remote,
      generations: (await generationsOf(past, job.sealKey, job.settings)).map((generation) => ({
        ...generation,
        isOurs: generation.machine === job.machine,
        ...(checked.get(generation.id) ?? { verified: null, damaged: null }),
      })),
      unfinished: past.begun?.at ?? null,
    };
  });
}
