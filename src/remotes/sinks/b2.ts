/** Backblaze B2 (rclone.org/b2). */
import * as v from 'valibot';
import { inBucket, prefix } from './path.ts';
import { bucketTuning, defineSink, httpAddress, secret } from './sink.ts';

const schema = v.strictObject({
  type: v.literal('b2'),
  bucket: v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9-]{4,61}[A-Za-z0-9]$/)),
  prefix,
  /** The id of an application key, and the key. */
  account: secret,
  key: secret,
  endpoint: v.optional(httpAddress),
  /** True to remove replaced versions for good instead of hiding them. */
  hardDelete: v.optional(v.boolean(), false),
  ...bucketTuning,
});

export type B2Sink = v.InferInput<typeof schema>;

export const b2 = defineSink({
  type: 'b2',
  schema,
  root: inBucket,
  options: (sink) => ({
    account: sink.account,
    key: sink.key,
    endpoint: sink.endpoint,
    hard_delete: sink.hardDelete,
    versions: false,
  }),
});
