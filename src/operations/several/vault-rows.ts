/** What mounting and unmounting several vaults comes to, with the state that the kernel tells also after a failure. */
import type { CryptosyncError } from '../../system/errors.ts';
import type { Context } from '../context.ts';
import type { MountResult } from '../mount.ts';
import { readStatus, type VaultStatus } from '../status/status.ts';
import type { TargetResult } from '../targets.ts';
import type { UnmountResult } from '../unmount.ts';
import { type ResultsDocument, resultsDocument } from './results.ts';

export interface VaultRow {
  readonly client: string;
  readonly profile: string;
  readonly state: VaultStatus['state'];
  readonly mountDir: string | null;
  /** False when there was nothing to do. */
  readonly changed: boolean;
  /** Of a mount. */
  readonly readOnly?: boolean;
  /** Where the engine's former record was put, when a rollback was accepted. */
  readonly formerState?: string;
  readonly error?: CryptosyncError;
}

export async function vaultsDocument(
  context: Context,
  results: readonly TargetResult<MountResult | UnmountResult>[],
): Promise<ResultsDocument<VaultRow>> {
  const rows: VaultRow[] = [];
  for (const { layout, result, error } of results) {
    const names = { client: layout.client, profile: layout.profile };
    if (result !== undefined) {
      rows.push({ ...names, ...result });
      continue;
    }
    const { vaults } = await readStatus(context, { layouts: [layout], checkRemote: false });
    rows.push({
      ...names,
      state: vaults[0]?.state ?? 'unknown',
      mountDir: vaults[0]?.mountDir ?? null,
      changed: false,
      ...(error === undefined ? {} : { error }),
    });
  }
  return resultsDocument(rows);
}
