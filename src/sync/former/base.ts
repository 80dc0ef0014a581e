/** The base: which generation of the remote a directory of this machine is, and what it looked like then. */

import { parseStoredJson } from '../../system/paths/stored-json.ts';
import { readTrustedText } from '../../system/paths/trust.ts';
import type { SourceScan } from './scan.ts';

export interface SyncBase {
  readonly remote: string;
  readonly generation: number;
  /** Of the scan. */
  readonly digest: string;
}

export function readSyncBase(path: string): SyncBase | undefined {
  try {
    const { version, remote, generation, digest } = parseStoredJson(readTrustedText(path) ?? '') as Record<
      string,
      unknown
    >;
    if (
      version !== 1 ||
      typeof remote !== 'string' ||
      typeof generation !== 'number' ||
      typeof digest !== 'string'
    ) {
      return undefined;
    }
    return { remote, generation, digest };
  } catch {
    return undefined;
  }
}

/** True when the directory is what the last run with this remote left. */
export function isUnchangedSince(base: SyncBase | undefined, remote: string, scan: SourceScan): boolean {
  return base !== undefined && base.remote === remote && base.digest === scan.digest;
}
