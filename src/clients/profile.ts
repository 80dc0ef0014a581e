/** A profile: one vault, one mount directory, one remote of a client. What is optional is left out until it is set. */
import * as v from 'valibot';
import { parseDuration } from '../system/clock.ts';
import { CryptosyncError } from '../system/errors.ts';
import { kindOf } from '../system/files.ts';
import { describeIssues, issuesOf, type SchemaIssue } from './schema-issues.ts';

const absolutePath = v.pipe(
  v.string(),
  v.startsWith('/', 'must be an absolute path'),
  v.check((path) => !/\p{Cc}/u.test(path), 'must not hold control characters'),
);
const duration = v.pipe(
  v.string(),
  v.check((text) => parseDuration(text) !== undefined, 'must be a duration such as 30m, 12h or 30d'),
);

/**
 * What may be tuned of a transfer: its pace and its requests. Nothing that prints secrets, changes rclone.conf, or
 * makes rclone overlook a file.
 */
const allowedRcloneFlags =
  /^--(transfers|checkers|tpslimit|tpslimit-burst|buffer-size|fast-list|multi-thread-streams|multi-thread-cutoff|checksum|modify-window|order-by|use-mmap|bind|ca-cert|user-agent|low-level-retries|disable-http2|no-traverse|max-backlog|(s3|b2|drive|azureblob|gcs|sftp|onedrive|dropbox|swift|pcloud|webdav)-(chunk-size|upload-concurrency|upload-cutoff|copy-cutoff|concurrency|pacer-min-sleep|pacer-burst|acknowledge-abuse|stop-on-upload-limit|batch-mode|batch-size|no-check-bucket|storage-class|acl|server-side-encryption|connections|timeout))(=[^\p{Cc}]+)?$/u;

function isAllowedRcloneFlag(flag: string): boolean {
  return allowedRcloneFlags.test(flag);
}

export const remoteSchema = v.strictObject({
  name: v.pipe(v.string(), v.minLength(1)),
  path: v.string(),
});

/** A pattern of rclone's filters (rclone.org/filtering): no line break, and none that would exclude. */
const includePattern = v.pipe(
  v.string(),
  v.minLength(1),
  v.check((text) => !/\p{Cc}/u.test(text), 'must not hold control characters'),
);

export const mappingSchema = v.strictObject({
  /** A directory of this machine; the vault's ciphertext when left out. */
  source: v.optional(absolutePath),
  /** The path on the remote; the profile's when left out. */
  remotePath: v.optional(v.string()),
  direction: v.optional(v.picklist(['upload', 'download', 'bidirectional'])),
  mode: v.optional(v.picklist(['sync', 'copy'])),
  include: v.optional(v.array(includePattern)),
  /** Sends a plain directory as it is, without crypt. */
  plaintext: v.optional(v.boolean()),
  /** The source may lie outside the client's own tree. */
  allowOutside: v.optional(v.boolean()),
});

export type MappingConfig = v.InferOutput<typeof mappingSchema>;

export const cryptSchema = v.strictObject({
  filenameEncryption: v.picklist(['standard', 'obfuscate', 'off']),
  directoryNameEncryption: v.optional(v.boolean()),
});

export const profileSchema = v.strictObject({
  $schema: v.optional(v.string()),
  version: v.literal(1),
  /** Written when the vault's canary has been seen; missing for a vault that was not made here and never mounted. */
  vaultId: v.optional(v.pipe(v.string(), v.minLength(1))),
  engine: v.picklist(['gocryptfs', 'cryfs']),
  encryptedDir: absolutePath,
  mountDir: absolutePath,
  remote: v.optional(remoteSchema),
  createdAt: v.string(),
  maxDelete: v.optional(
    v.pipe(v.string(), v.regex(/^\d{1,9}%?$/, 'must be a number of files or a share such as 10%')),
  ),
  keepDeleted: v.optional(duration),
  bwlimit: v.optional(
    v.pipe(v.string(), v.regex(/^[\w.,:/ -]+$/, 'must be an rclone bandwidth limit such as 10M')),
  ),
  /** What a sync does with a mounted vault whose engine must be still: refuse, or unmount it for the while. */
  whenMounted: v.optional(v.picklist(['refuse', 'remount'])),
  idle: v.optional(duration),
  readOnly: v.optional(v.boolean()),
  allowOther: v.optional(v.boolean()),
  /** Further flags for rclone's transfers, from an allow-list. */
  rcloneFlags: v.optional(
    v.array(v.pipe(v.string(), v.check(isAllowedRcloneFlag, 'is not a flag that is allowed here'))),
  ),
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
    value = JSON.parse(text);
  } catch (error) {
    throw new CryptosyncError('CONFIG_INVALID', `${file} is not valid JSON: ${(error as Error).message}`, {
      hint:
        kindOf(`${file}.bak`) === 'file'
          ? `Mend it, or bring the older one back: ${file}.bak`
          : 'Mend it in an editor: cryptosync config',
    });
  }
  const checked = checkProfile(value);
  if ('profile' in checked) return checked.profile;
  throw new CryptosyncError(
    'CONFIG_INVALID',
    `${file} is not a valid profile: ${describeIssues(checked.issues)}`,
    {
      hint: 'Mend it in an editor, or with: cryptosync config',
      details: { file, issues: checked.issues },
    },
  );
}
