/**
 * The marker: `.cryptosync/marker.json` at the root of a remote path. It says whose vault lies there, and whether the
 * last transfer came to its end. It holds no secret.
 */
import * as v from 'valibot';
import type { ControlFiles } from './control-files.ts';
import { controlDirectory } from './remote.ts';

export const markerPath = `${controlDirectory}/marker.json`;

const markerSchema = v.looseObject({
  version: v.literal(1),
  vaultId: v.pipe(v.string(), v.minLength(1)),
  engine: v.string(),
  /** Counts completed transfers. While one is in progress it is still that of the last complete one. */
  generation: v.pipe(v.number(), v.integer(), v.minValue(0)),
  state: v.picklist(['in-progress', 'committed']),
  /** False when the source kept changing while it was transferred. */
  consistent: v.optional(v.boolean()),
  /** When this was written, ISO 8601. */
  at: v.string(),
});

export type Marker = v.InferOutput<typeof markerSchema>;

export type MarkerReading =
  | { readonly kind: 'absent' }
  | { readonly kind: 'present'; readonly marker: Marker }
  /** There is one, but it is torn or of another making. */
  | { readonly kind: 'unreadable' };

export function parseMarker(text: string | undefined): MarkerReading {
  if (text === undefined) return { kind: 'absent' };
  try {
    const result = v.safeParse(markerSchema, JSON.parse(text));
    if (result.success) return { kind: 'present', marker: result.output };
  } catch {
    // torn
  }
  return { kind: 'unreadable' };
}

export async function readMarker(files: ControlFiles): Promise<MarkerReading> {
  return parseMarker(await files.read(markerPath));
}

export async function writeMarker(files: ControlFiles, marker: Marker): Promise<void> {
  await files.write(markerPath, `${JSON.stringify(marker, undefined, 2)}\n`);
}
