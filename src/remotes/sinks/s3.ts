/** S3 and what speaks like it (rclone.org/s3). */
import * as v from 'valibot';
import { inBucket, prefix } from './path.ts';
import { bucketTuning, defineSink, httpAddress, secret, text } from './sink.ts';

const schema = v.pipe(
  v.strictObject({
    type: v.literal('s3'),
    bucket: v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/)),
    prefix,
    /** rclone's name of the provider: AWS, Minio, Wasabi, Ceph, Other, … */
    provider: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9]{1,32}$/)), 'AWS'),
    region: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9-]{1,64}$/))),
    endpoint: v.optional(httpAddress),
    accessKeyId: v.optional(secret),
    secretAccessKey: v.optional(secret),
    sessionToken: v.optional(secret),
    /** True to use the credentials of the machine: AWS_* in the environment, or its role. */
    machineCredentials: v.optional(v.boolean(), false),
    forcePathStyle: v.optional(v.boolean()),
    storageClass: v.optional(v.pipe(v.string(), v.regex(/^[A-Z_]{1,32}$/))),
    serverSideEncryption: v.optional(v.picklist(['AES256', 'aws:kms'])),
    kmsKeyId: v.optional(text),
    /** True to make a missing bucket, which asks for a permission that backups seldom have. */
    createBucket: v.optional(v.boolean(), false),
    ...bucketTuning,
  }),
  v.check(
    ({ accessKeyId, secretAccessKey, machineCredentials }) =>
      machineCredentials
        ? accessKeyId === undefined && secretAccessKey === undefined
        : accessKeyId !== undefined && secretAccessKey !== undefined,
    'it needs accessKeyId with secretAccessKey, or machineCredentials alone',
  ),
);

export type S3Sink = v.InferInput<typeof schema>;

export const s3 = defineSink({
  type: 's3',
  schema,
  root: inBucket,
  options: (sink) => ({
    provider: sink.provider,
    env_auth: sink.machineCredentials,
    access_key_id: sink.accessKeyId,
    secret_access_key: sink.secretAccessKey,
    session_token: sink.sessionToken,
    region: sink.region,
    endpoint: sink.endpoint,
    force_path_style: sink.forcePathStyle,
    acl: 'private',
    storage_class: sink.storageClass,
    server_side_encryption: sink.serverSideEncryption,
    sse_kms_key_id: sink.kmsKeyId,
    no_check_bucket: !sink.createBucket,
  }),
});
