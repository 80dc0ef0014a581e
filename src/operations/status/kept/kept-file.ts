/** The file of what is kept of a fleet: believed as all of a tree is, of one state of this program, and else made anew. */
import { lstatSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileMode, keptStatusFile } from '../../../clients/layout.ts';
import { isClientId } from '../../../clients/names.ts';
import { isTemporaryNameFor, namesIn, writeFileAtomic } from '../../../system/files.ts';
import { removeFile } from '../../../system/paths/removal.ts';
import type { Stamp } from '../../../system/paths/stamps.ts';
import { readTrustedText } from '../../../system/paths/trust.ts';
import type { TrustedTree } from '../../../system/paths/trusted-tree.ts';
import type { Context } from '../../context.ts';
import type { VaultStatus } from '../vault-status.ts';
import { isKeptRow } from './row.ts';

export interface KeptClient {
  readonly client: string;
  readonly stamps: readonly Stamp[];
  readonly rows: readonly VaultStatus[];
}

/** Who wrote it, and what of: what another one kept means nothing. */
export type Key = Readonly<Record<string, string | number>>;

interface KeptFile<Client> {
  readonly key: Key;
  /** Milliseconds since 1970: when the status that wrote it began. */
  readonly at: number;
  readonly clients: readonly Client[];
}

/** @param tree the root, as it is believed */
export function keyOf({ root, userId }: Pick<Context, 'root' | 'userId'>, { top }: TrustedTree): Key {
  // what was installed anew, be it the same version, has another inode or another time of change
  const { dev, ino, size, ctimeMs } = lstatSync(import.meta.filename);
  return { format: 1, program: [dev, ino, size, ctimeMs].join(' '), userId, root, top: top.directory.path };
}

/**
 * What is kept; none where nothing can be read, or made anything of.
 * @param now milliseconds since 1970: by a clock that was set back no stamp is older than another
 */
export function readKeptFile(tree: TrustedTree, expected: Key, now: number): KeptClient[] {
  const root = tree.top.path;
  try {
    const text = readTrustedText(keptStatusFile(root), root, tree);
    if (text === undefined) return [];
    const { key, at, clients } = JSON.parse(text) as KeptFile<unknown>;
    // null would be before any time
    const isOurs = JSON.stringify(key) === JSON.stringify(expected) && typeof at === 'number' && at <= now;
    return isOurs ? clients.filter(isKeptClient) : [];
  } catch {
    return []; // it is made anew
  }
}

function isKeptClient(value: unknown): value is KeptClient {
  const { client, stamps, rows } = value as Record<keyof KeptClient, unknown>;
  return (
    typeof client === 'string' &&
    isClientId(client) &&
    Array.isArray(stamps) &&
    stamps.length > 0 &&
    stamps.every(([path]) => typeof path === 'string') &&
    Array.isArray(rows) &&
    rows.every((row) => isKeptRow(row, client))
  );
}

/** Replaces it. @throws the system's error: where the root can't be written nothing is kept */
export function writeKeptFile(root: string, content: KeptFile<KeptClient>): void {
  const file = keptStatusFile(root);
  // of one that was killed; another that is at it now keeps nothing
  const left = namesIn(root).filter((name) => isTemporaryNameFor(basename(file), name));
  for (const name of left) removeFile(join(root, name));
  writeFileAtomic(file, JSON.stringify(content), fileMode, root);
}
