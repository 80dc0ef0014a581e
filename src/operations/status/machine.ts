/** What a status asks of the machine: once for all profiles, and only when one of them needs it. */
import { readHeldLocks } from '../../clients/held-locks.ts';
import { holdTrusted } from '../../system/paths/trust.ts';
import type { HeldWay } from '../../system/paths/walk.ts';
import { type MountEntry, readMountTable } from '../../vaults/mounts/mount-table.ts';
import { processesElsewhere, type Started } from '../../vaults/mounts/processes.ts';

export interface MachineFacts {
  readonly table: readonly MountEntry[];
  /** From `processesElsewhere`. */
  elsewhere(): readonly Started[];
  /** The locks that were held at a moment after the beginning of a run. */
  heldAfter(begin: string): ReadonlySet<string>;
  /** The directory of all clients, held. */
  wayTo(root: string): HeldWay | undefined;
  close(): void;
}

/** @param table what is mounted; default: as it is now. The caller closes it. */
export function readMachine(table: readonly MountEntry[] = readMountTable()): MachineFacts {
  let elsewhere: readonly Started[] | undefined;
  let held: ReadonlySet<string> | undefined;
  let heldAt = 0;
  const ways = new Map<string, HeldWay | undefined>();
  return {
    table,
    elsewhere() {
      elsewhere ??= processesElsewhere();
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
    wayTo(root) {
      if (!ways.has(root)) ways.set(root, holdTrusted(root));
      return ways.get(root);
    },
    close() {
      for (const way of ways.values()) way?.directory.close();
    },
  };
}
