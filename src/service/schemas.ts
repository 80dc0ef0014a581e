/** What the API takes and gives: the schemas that validate are the ones that describe it. */
import { filenameEncryptionModes } from '../remotes/tuning.ts';
import type { Fields } from './body/given.ts';
import { failureWords } from './failures.ts';
import { type JsonSchema, objectOf } from './json-schema.ts';

const text: JsonSchema = { type: 'string' };
const count: JsonSchema = { type: 'integer', minimum: 0 };
const time: JsonSchema = { type: 'string', format: 'date-time' };
const orNull = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] });
const listOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
const refTo = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

const namePattern = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$';

export const tenantParameter: JsonSchema = objectOf({
  id: { type: 'string', pattern: namePattern, description: 'The tenant: a name like that of a client.' },
});

/** Keys are texts in JSON, and are cut out of the body before anything is parsed. */
const secretText = (what: string): JsonSchema => ({
  type: 'string',
  pattern: '^[A-Za-z0-9+/]{43}=$',
  writeOnly: true,
  description: `${what}: 32 random bytes in base64. It stays in memory until the release.`,
});

export const claimFields: Fields = {
  workloadId: 'word',
  encryptionKey: 'secret',
  encryptionSalt: 'secret',
  encryptFilenames: 'boolean',
  filenameEncryption: 'word',
  wait: 'word',
};
export const claimBody: JsonSchema = objectOf(
  {
    workloadId: { type: 'string', pattern: namePattern },
    encryptionKey: secretText('The key of the tenant'),
    encryptionSalt: secretText('The salt, where the data was encrypted with one'),
    encryptFilenames: { type: 'boolean', description: '`false` means `filenameEncryption: "off"`.' },
    filenameEncryption: { type: 'string', enum: filenameEncryptionModes },
    wait: {
      type: 'string',
      pattern: '^(0|([0-9]+(ms|[smhdw]))+)$',
      description: 'How long to wait for another run with the directory of the tenant, such as `30s`.',
    },
  },
  ['encryptionKey', 'encryptionSalt', 'encryptFilenames', 'filenameEncryption', 'wait'],
);

export const releaseFields: Fields = { force: 'boolean' };
export const releaseBody: JsonSchema = objectOf(
  {
    force: {
      type: 'boolean',
      description: 'Forget the key although not everything could be sent; the files stay.',
    },
  },
  ['force'],
);

export const noFields: Fields = {};
export const emptyBody: JsonSchema = objectOf({});

const session = objectOf({
  tenantId: text,
  state: { type: 'string', enum: ['claiming', 'active', 'releasing', 'release failed', 'interrupted'] },
  containerId: orNull(text),
  workloadId: orNull(text),
  claimedAt: orNull(time),
  directory: text,
  encryption: orNull(refTo('Encryption')),
  generation: orNull(count),
  lastSync: orNull(objectOf({ at: time, outcome: text, error: refTo('Error') }, ['error'])),
  lastSuccess: orNull(time),
  failures: count,
  nextSync: orNull(time),
  progress: orNull({ type: 'object', additionalProperties: true }),
});

/** Named parts of the answers; they refer to each other. */
export const components: Readonly<Record<string, JsonSchema>> = {
  Error: objectOf({
    error: { type: 'string', enum: failureWords },
    message: { type: 'string', description: 'For people. It holds nothing of a key.' },
  }),
  Encryption: objectOf({
    enabled: { type: 'boolean' },
    filenameEncryption: orNull({ type: 'string', enum: filenameEncryptionModes }),
  }),
  Sync: objectOf(
    {
      outcome: { type: 'string', enum: ['synced', 'unchanged', 'empty', 'recovered', 'none'] },
      files: count,
      bytes: count,
      generation: orNull(count),
      conflicts: listOf({ type: 'object', additionalProperties: true }),
      keptAt: listOf(text),
    },
    ['conflicts', 'keptAt'],
  ),
  Claim: objectOf({
    tenantId: text,
    containerId: orNull(text),
    endpoints: {
      type: 'object',
      properties: { directory: text },
      required: ['directory'],
      additionalProperties: text,
    },
    encryption: refTo('Encryption'),
    sync: refTo('Sync'),
  }),
  SyncResult: objectOf({ tenantId: text, sync: refTo('Sync') }),
  Release: objectOf({
    tenantId: text,
    outcome: { type: 'string', enum: ['released', 'forgotten'] },
    sync: orNull(refTo('Sync')),
    files: {
      type: 'string',
      enum: ['removed', 'kept'],
      description: 'What has become of the files in `directory`.',
    },
    notes: listOf(text),
    directory: text,
  }),
  Session: session,
  Sessions: objectOf({ tenants: listOf(refTo('Session')) }),
  Accepted: objectOf({ tenantId: text, state: { type: 'string', enum: ['claiming'] } }),
  Redirect: objectOf({ error: { type: 'string', enum: ['CLAIMED_ELSEWHERE'] }, message: text }),
  Health: objectOf({ status: { type: 'string', enum: ['ok'] } }),
  Readiness: objectOf(
    { status: { type: 'string', enum: ['ready', 'draining', 'not ready'] }, message: text },
    ['message'],
  ),
};

export const answerOf = refTo;
