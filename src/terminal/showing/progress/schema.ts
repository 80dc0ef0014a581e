/** What a line of `--progress json` says. The build makes schema/progress.schema.json of it; nothing loads it at run time. */
import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const work = {
  /** The command. */
  operation: v.picklist(['sync', 'verify', 'restore', 'export', 'import']),
  /** Null where it is not known yet, and for what is about a client as a whole. */
  client: v.nullable(v.string()),
  profile: v.nullable(v.string()),
};

/** ISO 8601, in UTC. */
const at = v.pipe(v.string(), v.isoTimestamp());

export const progressSchema = v.variant('event', [
  v.object({ event: v.literal('begin'), at, ...work }),
  v.object({
    event: v.literal('progress'),
    at,
    ...work,
    /** Moved so far, of what is to be moved; a total can grow while more is found. */
    bytes: count,
    totalBytes: count,
    files: count,
    totalFiles: count,
    /** To be deleted, or deleted. */
    deletes: count,
    bytesPerSecond: count,
    /** Null where it can't be said. */
    secondsLeft: v.nullable(v.pipe(v.number(), v.minValue(0))),
  }),
  v.object({
    event: v.literal('end'),
    at,
    ...work,
    ok: v.boolean(),
    /** Of the error; null when there was none. */
    code: v.nullable(v.string()),
    milliseconds: count,
  }),
]);

export type ProgressLine = v.InferOutput<typeof progressSchema>;

/** Whom a line is about. */
export type Work = Pick<ProgressLine, 'operation' | 'client' | 'profile'>;
