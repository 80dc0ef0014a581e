/**
 * What may be said of a transfer in words: its limits, its pattern, its flags. Whoever takes such a word (a profile, a
 * flag of a command, a program) checks it here, and whoever uses it reads it here.
 */
import { CryptosyncError } from '../system/errors.ts';

export { isBandwidthLimit, verifyBandwidthLimit } from './rclone/flags/bandwidth.ts';
export { readTransferFlags } from './rclone/flags/flags.ts';
export { includeExpression, isIncludePattern } from './rclone/flags/pattern.ts';

export const directions = ['upload', 'download', 'bidirectional'] as const;
export type Direction = (typeof directions)[number];

export const transferModes = ['sync', 'copy'] as const;
/** `sync` makes the target like the source, with deletions; `copy` only adds and updates. */
export type TransferMode = (typeof transferModes)[number];

export const filenameEncryptionModes = ['standard', 'obfuscate', 'off'] as const;
/** How a crypt layer hides names: encrypted, merely rotated, or left as they are with `.bin` behind (rclone.org/crypt). */
export type FilenameEncryption = (typeof filenameEncryptionModes)[number];

/** How much one run may delete: a number of files, or a share of what is there. */
export type DeleteLimit =
  | { readonly kind: 'count'; readonly files: number }
  | { readonly kind: 'share'; readonly percent: number };

/** Reads `25` or `10%`; undefined for anything else. */
export function readDeleteLimit(text: string): DeleteLimit | undefined {
  const match = /^(\d{1,9})(%?)$/.exec(text);
  const amount = Number(match?.[1]);
  if (match === null || (match[2] === '%' && amount > 100)) return undefined;
  return match[2] === '%' ? { kind: 'share', percent: amount } : { kind: 'count', files: amount };
}

/** Whether so many generations can be kept: fewer than 1 would not keep the current one. */
export function isGenerationCount(count: number): boolean {
  return Number.isSafeInteger(count) && count >= 1 && count <= 100_000;
}

/** @throws USAGE */
export function parseDeleteLimit(text: string): DeleteLimit {
  const limit = readDeleteLimit(text);
  if (limit !== undefined) return limit;
  throw new CryptosyncError('USAGE', `${JSON.stringify(text)} is not a limit for deletions`, {
    advice: { to: 'write-delete-limit' },
  });
}
