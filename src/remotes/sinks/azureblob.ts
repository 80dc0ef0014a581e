/** Azure Blob Storage (rclone.org/azureblob). */
import * as v from 'valibot';
import { inBucket, prefix } from './path.ts';
import { bucketTuning, defineSink, httpAddress, secret } from './sink.ts';

const schema = v.pipe(
  v.strictObject({
    type: v.literal('azureblob'),
    container: v.pipe(v.string(), v.regex(/^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/)),
    prefix,
    /** An account with its key, or an address with a shared access signature (`sasUrl`). */
    account: v.optional(v.pipe(v.string(), v.regex(/^[a-z0-9]{3,24}$/))),
    key: v.optional(secret),
    sasUrl: v.optional(secret),
    endpoint: v.optional(httpAddress),
    accessTier: v.optional(v.picklist(['hot', 'cool', 'archive'])),
    ...bucketTuning,
  }),
  v.check(
    ({ account, key, sasUrl }) =>
      sasUrl === undefined ? account !== undefined && key !== undefined : key === undefined,
    'it needs account with key, or sasUrl',
  ),
  v.check(
    ({ sasUrl }) =>
      sasUrl === undefined || /^https?:\/\/[^\s?#]+\?[^\s#]+$/.test(sasUrl.reveal().toString('utf8')),
    'sasUrl is not an address with a signature',
  ),
);

export type AzureBlobSink = v.InferInput<typeof schema>;

export const azureblob = defineSink({
  type: 'azureblob',
  schema,
  root: ({ container, prefix }) => inBucket({ bucket: container, prefix }),
  options: (sink) => ({
    account: sink.account,
    key: sink.key,
    sas_url: sink.sasUrl,
    endpoint: sink.endpoint,
    access_tier: sink.accessTier,
    use_msi: false,
    use_emulator: false,
  }),
});
