/** Options are checked as a whole before anything is touched, and never repeated in errors. */
import { realpathSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import * as v from 'valibot';
import type { CryptKey, CryptSettings } from '../remotes/crypt.ts';
import {
  type Direction,
  directions,
  filenameEncryptionModes,
  isBandwidthLimit,
  isGenerationCount,
  isIncludePattern,
  readDeleteLimit,
  type TransferMode,
  transferModes,
} from '../remotes/tuning.ts';
import { validateEncryptionKey } from '../secrets/encryption-key.ts';
import { isDuration } from '../system/clock.ts';
import { CryptosyncError } from '../system/errors.ts';
import { isAbsence } from '../system/files.ts';
import type { EncryptionConfig, ExecutorOptions } from './options.ts';

const line = v.pipe(v.string(), v.minLength(1), v.regex(/^\P{Cc}+$/u));
const absolutePath = v.pipe(line, v.check(isAbsolute));
const encryptionSchema = v.pipe(
  v.strictObject({
    // judged by their own check, which has a code of its own for whatever they are
    key: v.unknown(),
    salt: v.optional(v.unknown()),
    encryptFilenames: v.optional(v.boolean()),
    filenameEncryption: v.optional(v.picklist(filenameEncryptionModes)),
    directoryNameEncryption: v.optional(v.boolean()),
  }),
  v.check(
    ({ encryptFilenames, filenameEncryption }) =>
      encryptFilenames === undefined ||
      filenameEncryption === undefined ||
      encryptFilenames === (filenameEncryption !== 'off'),
    'encryptFilenames and filenameEncryption contradict each other',
  ),
);

const optionsSchema = v.strictObject({
  directory: absolutePath,
  target: v.union([
    // the adapters check the sink, the client and the path
    v.strictObject({
      sink: v.looseObject({ type: v.string() }),
      client: v.string(),
      path: v.optional(v.string()),
    }),
    v.strictObject({ configFile: absolutePath, name: line, path: v.string() }),
  ]),
  owner: v.pipe(line, v.maxLength(512)),
  encryption: v.union([v.literal('none'), v.looseObject({})]),
  direction: v.optional(v.picklist(directions)),
  mode: v.optional(v.picklist(transferModes)),
  include: v.optional(v.array(v.pipe(v.string(), v.check(isIncludePattern)))),
  maxDelete: v.optional(
    v.pipe(
      v.string(),
      v.check((text) => readDeleteLimit(text) !== undefined),
    ),
  ),
  keepDeleted: v.optional(v.pipe(v.string(), v.check(isDuration))),
  keepGenerations: v.optional(v.pipe(v.number(), v.check(isGenerationCount))),
  bandwidthLimit: v.optional(v.pipe(v.string(), v.check(isBandwidthLimit))),
  dryRun: v.optional(v.boolean()),
  force: v.optional(v.boolean()),
  takeOver: v.optional(v.boolean()),
  mayBeEmpty: v.optional(v.boolean()),
  full: v.optional(v.boolean()),
  resync: v.optional(v.picklist(['local', 'remote'])),
  ownPlace: v.optional(v.boolean()),
  wait: v.optional(v.pipe(v.number(), v.minValue(0))),
  signal: v.optional(v.instance(AbortSignal)),
  onProgress: v.optional(v.function()),
});

/** Options with their defaults, the directory without links in its path, and a copy of the key that its owner wipes. */
export interface CheckedOptions extends Omit<ExecutorOptions, 'encryption'> {
  readonly direction: Direction;
  readonly mode: TransferMode;
  readonly include: readonly string[];
  readonly wait: number;
  /** Undefined where files are sent as they are. */
  readonly crypt: CryptSettings | undefined;
  readonly key: CryptKey | undefined;
}

/** @throws CONFIG_INVALID naming what is wrong, INVALID_ENCRYPTION_KEY; never with a value, which may be a secret */
export function checkOptions(options: ExecutorOptions): CheckedOptions {
  verify(optionsSchema, options, 'the options of sync');
  const { encryption, direction = 'upload', mode = 'sync', include = [], wait = 0, ...others } = options;
  const checked = { ...others, directory: resolveLinks(options.directory), direction, mode, include, wait };
  if (encryption === 'none') return { ...checked, crypt: undefined, key: undefined };
  verify(encryptionSchema, encryption, 'the encryption');
  return { ...checked, crypt: cryptSettings(encryption), key: keyOf(encryption) };
}

function verify(schema: v.GenericSchema, value: unknown, what: string): void {
  const result = v.safeParse(schema, value);
  if (result.success) return;
  const problems = result.issues.map((issue) => {
    const path = v.getDotPath(issue) ?? what;
    if (issue.type === 'strict_object') {
      return issue.expected === 'never' ? `${path} is no option` : `${path} is missing`;
    }
    return issue.type === 'check' && path === what ? issue.message : `${path} is not valid`;
  });
  throw new CryptosyncError('CONFIG_INVALID', `${what} can't be used: ${problems.join('; ')}`, {
    advice: { to: 'see-executor-types' },
  });
}

function resolveLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (isAbsence(error)) return resolve(path);
    throw error;
  }
}

function cryptSettings({
  encryptFilenames = true,
  filenameEncryption = encryptFilenames ? 'standard' : 'off',
  directoryNameEncryption = true,
}: EncryptionConfig): CryptSettings {
  return { filenameEncryption, directoryNameEncryption };
}

function keyOf({ key, salt }: EncryptionConfig): CryptKey {
  return {
    key: validateEncryptionKey(key),
    salt: salt === undefined ? undefined : validateEncryptionKey(salt, 'salt'),
  };
}
