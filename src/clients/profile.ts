/** A profile: one vault, one mount directory, one remote of a client. What is optional is left out until it is set. */
import * as v from 'valibot';
import {
  directions,
  filenameEncryptionModes,
  isBandwidthLimit,
  isGenerationCount,
  isIncludePattern,
  readDeleteLimit,
  readTransferFlags,
  transferModes,
} from '../remotes/tuning.ts';
import { isDuration } from '../system/clock.ts';
import { CryptosyncError } from '../system/errors.ts';
import { kindOf } from '../system/files.ts';
import { parseStoredJson } from '../system/paths/stored-json.ts';
import { engineNames } from '../vaults/engines/engine.ts';
import { describeIssues, issuesOf, type SchemaIssue } from './schema-issues.ts';
import { hooksSchema, pingEntries } from './watching/schema.ts';

/** Bytes of a path that Linux takes (PATH_MAX), its end included; no path on a remote is longer either. */
const longestPath = 4095;

const oneLine = v.pipe(
  v.string(),
  v.maxBytes(longestPath, `must have at most ${longestPath} bytes`),
  v.check((text) => !/\p{Cc}/u.test(text), 'must not hold control characters'),
);
/** A path on this machine, as profiles and settings hold it. */
export const absolutePath = v.pipe(oneLine, v.startsWith('/', 'must be an absolute path'));
const duration = v.pipe(v.string(), v.check(isDuration, 'must be a duration such as 30m, 12h or 30d'));

/** Fewer than 1 would not keep what is current. */
const generationCount = v.pipe(
  v.number(),
  v.check(isGenerationCount, 'must be a whole number from 1 to 100000'),
);

/** Flags are judged as a list: one may take the next word for its value. */
const rcloneFlags = v.pipe(
  v.array(v.string()),
  v.maxLength(100),
  v.check(
    (words) => 'flags' in readTransferFlags(words),
    ({ input }) => {
      const reading = readTransferFlags(input as string[]);
      return 'problem' in reading ? reading.problem : 'can be used';
    },
  ),
);

export const remoteSchema = v.strictObject({
  name: v.pipe(oneLine, v.minLength(1)),
  path: oneLine,
});

const includePattern = v.pipe(
  v.string(),
  v.check(isIncludePattern, "must be a pattern of rclone's filters on one line"),
);

const mappingSchema = v.strictObject({
  /** A directory of this machine; the vault's ciphertext when left out. */
  source: v.optional(absolutePath),
  /** The path on the remote; the profile's when left out. */
  remotePath: v.optional(oneLine),
  direction: v.optional(v.picklist(directions)),
  mode: v.optional(v.picklist(transferModes)),
  include: v.optional(v.array(includePattern)),
  /** Sends a plain directory as it is, without crypt. */
  plaintext: v.optional(v.boolean()),
  /** The source may lie outside the client's own tree. */
  allowOutside: v.optional(v.boolean()),
});

export type MappingConfig = v.InferOutput<typeof mappingSchema>;

export const cryptSchema = v.strictObject({
  filenameEncryption: v.picklist(filenameEncryptionModes),
  directoryNameEncryption: v.optional(v.boolean()),
});

export const profileSchema = v.strictObject({
  $schema: v.optional(v.string()),
  version: v.literal(1),
  /** Written when the vault's canary has been seen; missing for a vault that was not made here and never mounted. */
  vaultId: v.optional(v.pipe(oneLine, v.minLength(1))),
  engine: v.picklist(engineNames),
  /** What the vault was made with, in its engine's words; written when it was opened. Another copy is refused. */
  madeWith: v.optional(v.array(v.pipe(v.string(), v.minLength(1)))),
  encryptedDir: absolutePath,
  mountDir: absolutePath,
  remote: v.optional(remoteSchema),
  createdAt: oneLine,
  maxDelete: v.optional(
    v.pipe(
      v.string(),
      v.check(
        (text) => readDeleteLimit(text) !== undefined,
        'must be a number of files, or a share such as 10% of at most 100%',
      ),
    ),
  ),
  keepDeleted: v.optional(duration),
  /** So many generations, the newest among them, stay whole however old they are; the longer of both keeps. */
  keepGenerations: v.optional(generationCount),
  /** After which a sync looks at the whole remote again, not only at what it says of itself. */
  fullEvery: v.optional(duration),
  bwlimit: v.optional(
    v.pipe(v.string(), v.check(isBandwidthLimit, 'must be an rclone bandwidth limit such as 10M')),
  ),
  /** What a sync does with a mounted vault whose engine must be still: refuse, or unmount it for the while. */
  whenMounted: v.optional(v.picklist(['refuse', 'remount'])),
  idle: v.optional(duration),
  readOnly: v.optional(v.boolean()),
  allowOther: v.optional(v.boolean()),
  /** Further flags for rclone's transfers, from an allow-list. */
  rcloneFlags: v.optional(rcloneFlags),
  passwordFile: v.optional(absolutePath),
  passwordCommand: v.optional(v.pipe(v.string(), v.minLength(1))),
  /** What is synced where; by default the vault's ciphertext to the remote's path. */
  mappings: v.optional(v.pipe(v.array(mappingSchema), v.minLength(1))),
  /** Encrypts all that goes to the remote once more, with a key that is never stored. */
  crypt: v.optional(cryptSchema),
  encryptionKeyCommand: v.optional(v.pipe(v.string(), v.minLength(1))),
  encryptionSaltCommand: v.optional(v.pipe(v.string(), v.minLength(1))),
  /** Lets a bidirectional sync that lost its state begin anew by itself, keeping replaced files in the trash. */
  autoResync: v.optional(v.boolean()),
  /** Programs that are run around runs. */
  hooks: v.optional(hooksSchema),
  ...pingEntries,
});

export type Profile = v.InferOutput<typeof profileSchema>;

export function checkProfile(value: unknown): { profile: Profile } | { issues: SchemaIssue[] } {
  const result = v.safeParse(profileSchema, value);
  return result.success ? { profile: result.output } : { issues: issuesOf(result.issues) };
}

/** @throws CONFIG_INVALID naming the file and each path in it. */
export function parseProfile(text: string, file: string): Profile {
  let value: unknown;
  try {
    value = parseStoredJson(text);
  } catch (error) {
    throw new CryptosyncError('CONFIG_INVALID', `${file} is not valid JSON: ${(error as Error).message}`, {
      advice:
        kindOf(`${file}.bak`) === 'file'
          ? { to: 'bring-older-profile-back', backup: `${file}.bak` }
          : { to: 'edit-profile' },
    });
  }
  const checked = checkProfile(value);
  if ('profile' in checked) return checked.profile;
  throw new CryptosyncError(
    'CONFIG_INVALID',
    `${file} is not a valid profile: ${describeIssues(checked.issues)}`,
    {
      advice: { to: 'mend-profile' },
      details: { file, issues: checked.issues },
    },
  );
}
