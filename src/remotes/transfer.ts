/** What moving files comes to. */
export type { TransferStats } from './rclone/log.ts';

/** A file that would be moved or taken away. */
export interface PlannedFile {
  readonly path: string;
  readonly size: number;
  /** Of a bidirectional sync: where it goes to, or is deleted. */
  readonly side?: 'local' | 'remote';
}

export interface TransferResult {
  readonly files: number;
  readonly bytes: number;
  readonly deleted: number;
}

export const nothingTransferred: TransferResult = { files: 0, bytes: 0, deleted: 0 };

export function addResults(a: TransferResult, b: TransferResult): TransferResult {
  return { files: a.files + b.files, bytes: a.bytes + b.bytes, deleted: a.deleted + b.deleted };
}
