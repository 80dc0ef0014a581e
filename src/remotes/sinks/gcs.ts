/** Google Cloud Storage with a service account (rclone.org/googlecloudstorage). */
import * as v from 'valibot';
import { Secret } from '../../secrets/secret.ts';
import { inBucket, prefix } from './path.ts';
import { absolutePath, bucketTuning, defineSink, longSecret } from './sink.ts';

const schema = v.pipe(
  v.strictObject({
    type: v.literal('gcs'),
    bucket: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/)),
    prefix,
    /** The service account's JSON document itself, or the file that holds it. */
    serviceAccountCredentials: v.optional(longSecret),
    serviceAccountFile: v.optional(absolutePath),
    projectNumber: v.optional(v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,64}$/))),
    location: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9-]{1,64}$/))),
    storageClass: v.optional(v.pipe(v.string(), v.regex(/^[A-Z_]{1,32}$/))),
    /** True for a bucket with uniform access, which refuses access lists of single objects. */
    uniformAccess: v.optional(v.boolean(), true),
    createBucket: v.optional(v.boolean(), false),
    ...bucketTuning,
  }),
  v.check(
    ({ serviceAccountCredentials, serviceAccountFile }) =>
      (serviceAccountCredentials === undefined) !== (serviceAccountFile === undefined),
    'it needs serviceAccountCredentials or serviceAccountFile',
  ),
  v.check(
    ({ serviceAccountCredentials }) =>
      serviceAccountCredentials === undefined || isJson(serviceAccountCredentials),
    'serviceAccountCredentials is not a JSON document',
  ),
);

export type GcsSink = v.InferInput<typeof schema>;

export const gcs = defineSink({
  type: 'gcs',
  backend: 'google cloud storage',
  schema,
  root: inBucket,
  options: (sink) => ({
    service_account_credentials:
      sink.serviceAccountCredentials === undefined ? undefined : onOneLine(sink.serviceAccountCredentials),
    service_account_file: sink.serviceAccountFile,
    anonymous: false,
    project_number: sink.projectNumber,
    location: sink.location,
    storage_class: sink.storageClass,
    object_acl: sink.uniformAccess ? undefined : 'projectPrivate',
    bucket_policy_only: sink.uniformAccess,
    no_check_bucket: !sink.createBucket,
  }),
});

function isJson(document: Secret): boolean {
  try {
    onOneLine(document);
    return true;
  } catch {
    return false;
  }
}

function onOneLine(document: Secret): Secret {
  return new Secret(JSON.stringify(JSON.parse(document.reveal().toString('utf8'))));
}
