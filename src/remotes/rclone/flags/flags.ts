/**
 * The flags of rclone that an operator may add to its transfers, as a table: what is not in it is refused, wherever
 * it comes from. They tune pace and requests. None prints secrets, changes rclone.conf, publishes what is sent, or has
 * rclone overlook a file or an edit.
 *
 * The whole list is judged, not each word: a flag without its value would take the next word for it, be that
 * `--dry-run` (hazards.md R27). What rclone is given is always of the one form `--flag=value`.
 */
import { CryptosyncError } from '../../../system/errors.ts';
import {
  count,
  duration,
  type FlagKind,
  file,
  headerText,
  host,
  oneOf,
  onOff,
  order,
  rate,
  size,
} from './flag-kinds.ts';

const many = count(1, 1024);

export const allowedFlags: Readonly<Record<string, FlagKind>> = {
  transfers: many,
  checkers: many,
  tpslimit: rate,
  'tpslimit-burst': count(1, 100_000),
  'buffer-size': size,
  'fast-list': onOff,
  'multi-thread-streams': count(0, 1024),
  'multi-thread-cutoff': size,
  'order-by': order,
  'use-mmap': onOff,
  'max-backlog': count(1, 100_000_000),
  bind: host,
  'ca-cert': file,
  'user-agent': headerText,
  'low-level-retries': count(1, 100),
  'disable-http2': onOff,
  's3-chunk-size': size,
  's3-upload-concurrency': many,
  's3-upload-cutoff': size,
  's3-copy-cutoff': size,
  's3-no-check-bucket': onOff,
  // a class that must be thawed before it can be read would stop the trash, and with it the next sync
  's3-storage-class': oneOf(
    'STANDARD',
    'REDUCED_REDUNDANCY',
    'STANDARD_IA',
    'ONEZONE_IA',
    'INTELLIGENT_TIERING',
    'GLACIER_IR',
  ),
  // those that let everybody read are left out
  's3-acl': oneOf('private', 'bucket-owner-read', 'bucket-owner-full-control'),
  's3-server-side-encryption': oneOf('AES256', 'aws:kms'),
  'b2-chunk-size': size,
  'b2-upload-cutoff': size,
  'b2-copy-cutoff': size,
  'azureblob-chunk-size': size,
  'azureblob-upload-concurrency': many,
  'gcs-no-check-bucket': onOff,
  'gcs-storage-class': oneOf('STANDARD', 'MULTI_REGIONAL', 'REGIONAL', 'NEARLINE', 'COLDLINE', 'ARCHIVE'),
  'drive-chunk-size': size,
  'drive-upload-cutoff': size,
  'drive-pacer-min-sleep': duration,
  'drive-pacer-burst': count(1, 100_000),
  'drive-acknowledge-abuse': onOff,
  'drive-stop-on-upload-limit': onOff,
  'dropbox-chunk-size': size,
  // with `async` rclone ends before the files are there
  'dropbox-batch-mode': oneOf('sync', 'off'),
  'dropbox-batch-size': count(0, 1000),
  'onedrive-chunk-size': size,
  'sftp-chunk-size': size,
  'sftp-concurrency': many,
  'swift-chunk-size': size,
};

/** Why some that operators try are not allowed; the first that matches speaks. */
const reasons: readonly (readonly [RegExp, string])[] = [
  [/^--bwlimit$/, 'the limit of the bandwidth has a key of its own, bwlimit'],
  [/^--(include|filter)/, 'what is synced is said by include in a mapping'],
  [
    /^(-c|-u|-I)$|^--(checksum|modify-window|size-only|update|ignore-|no-check-dest|no-traverse|compare-dest|copy-dest|immutable|max-|min-|exclude|files-from|delete-excluded|refresh-times|use-server-modtime|no-update-modtime|s3-no-head|.*-versions?(-at)?$|.*-skip-)/,
    'it would make rclone overlook files or edits',
  ],
  [/^--(dump|verbose|log|rc)|^-v+$/, 'it could print secrets'],
  [
    /^(-n|-i)$|^--(dry-run|interactive|backup-dir|suffix|max-delete|retries|config|links|metadata)/,
    'cryptosync sets it itself',
  ],
];

type Reading = { readonly flags: readonly string[] } | { readonly problem: string };

/**
 * Reads a list of flags, each `--flag=value`, `--switch`, or `--flag` and its value as the next word.
 * @returns all of them as `--flag=value`; or what is wrong with the first that can't be used, in words that name it.
 */
export function readTransferFlags(words: readonly string[]): Reading {
  const flags: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const [, name = '', behind] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    const kind = Object.hasOwn(allowedFlags, name) ? allowedFlags[name] : undefined;
    if (kind === undefined) return { problem: notAllowed(word) };
    let value = behind ?? (kind.isSwitch ? 'true' : undefined);
    if (value === undefined) {
      index += 1;
      value = words[index];
      if (value === undefined) return { problem: `--${name} has no value: it takes ${kind.description}` };
    }
    if (!kind.accepts(value)) return { problem: `--${name} takes ${kind.description}` };
    flags.push(`--${name}=${value}`);
  }
  return { flags };
}

/** The word is told as far as it is a flag's name: behind `=` may stand anything. */
function notAllowed(word: string): string {
  const name = word.replace(/=.*$/s, '');
  if (!/^--?[\w-]+$/.test(name)) {
    return /^--[\w-]+\s/.test(name)
      ? `${/^--[\w-]+/.exec(name)?.[0]} and its value are two words, or one with = between them`
      : 'one word is not a flag, and no flag before it takes it as its value';
  }
  const reason = reasons.find(([pattern]) => pattern.test(name))?.[1];
  return `${name} is not a flag that is allowed here${reason === undefined ? '' : `: ${reason}`}; take it out`;
}

/**
 * The same for whoever is about to start rclone: nothing unread reaches it, whatever source it came from.
 * @throws CONFIG_INVALID
 */
export function transferFlags(words: readonly string[] = []): readonly string[] {
  const reading = readTransferFlags(words);
  if ('flags' in reading) return reading.flags;
  throw new CryptosyncError(
    'CONFIG_INVALID',
    `the further flags for rclone can't be used: ${reading.problem}`,
  );
}

/** What the operator says by a flag that takes a number of things; undefined where nothing is said. */
export function countIn(
  flags: readonly string[] | undefined,
  name: 'transfers' | 'checkers',
): number | undefined {
  const start = `--${name}=`;
  const said = Number(flags?.findLast((flag) => flag.startsWith(start))?.slice(start.length));
  return said >= 1 ? said : undefined;
}
