/** What a status asks of the machine: once for all profiles, and only when one of them needs it. */
import { basename } from 'node:path';
import { readHeldLocks } from '../../clients/held-locks.ts';
import { trustedTree } from '../../system/paths/trust.ts';
import type { TrustedTree } from '../../system/paths/trusted-tree.ts';
import { engineNames } from '../../vaults/engines/engine.ts';
import { type MountEntry, readMountTable } from '../../vaults/mounts/mount-table.ts';
import { processesElsewhere, type Started } from '../../vaults/mounts/processes.ts';

export interface MachineFacts {
  readonly table: readonly MountEntry[];
  /** Those of `processesElsewhere` that may be an engine's. */
  elsewhere(): readonly Started[];
  /** The locks that were held at a moment after the beginning of a run. */
  heldAfter(begin: string): ReadonlySet<string>;
  /** The directory of all clients, and what is below it. */
  treeOf(root: string): TrustedTree | undefined;
  close(): void;
}

const isEngine = (name: string): boolean => (engineNames as readonly string[]).includes(name);

/** @param table what is mounted; default: as it is now. The caller closes it. */
export function readMachine(table: readonly MountEntry[] = readMountTable()): MachineFacts {
  let elsewhere: readonly Started[] | undefined;
  let held: ReadonlySet<string> | undefined;
  let heldAt = 0;
  const trees = new Map<string, TrustedTree | undefined>();
  return {
    table,
    elsewhere() {
      // of many clients each would go through all processes of all containers
      elsewhere ??= processesElsewhere().filter(({ words: [name = ''] }) => isEngine(basename(name)));
      return elsewhere;
    },
    heldAfter(begin) {
      // a ledger tells seconds: what began in that of the look may have come after it
      if (held === undefined || !(Date.parse(begin) + 1000 <= heldAt)) {
        heldAt = Date.now();
        held = new Set(readHeldLocks().keys());
      }
      return held;
    },
    treeOf(root) {
      if (!trees.has(root)) trees.set(root, trustedTree(root, table));
      return trees.get(root);
    },
    close() {
      for (const tree of trees.values()) tree?.top.directory.close();
    },
  };
}
