/**
 * One run's work as data: what goes where, how, and which files on this machine remember it. It knows no profile and
 * no tree of clients: a command makes it of a mapping, the library of what its caller gives.
 */

import type { Remote } from '../remotes/remote.ts';
import type { TransferStats } from '../remotes/transfer.ts';
import type { DeleteLimit } from '../remotes/tuning.ts';
import type { Route } from './route.ts';

/** What is asked for one run. */
export interface JobRequest {
  /** Downloads over local changes, which are kept aside; takes a remote whose last upload did not end. */
  readonly force?: boolean | undefined;
  /** What this machine holds is meant, whatever the remote says of itself. */
  readonly takeOver?: boolean | undefined;
  /** Looks at the whole remote, not only at what it says of itself. */
  readonly full?: boolean | undefined;
  /** Begins a bidirectional sync anew; where both sides differ, the named one's files win. */
  readonly resync?: 'local' | 'remote' | undefined;
  /** Nobody but cryptosync writes there: where it keeps no times, its manifest is believed without them. */
  readonly ownPlace?: boolean | undefined;
  readonly onProgress?: ((stats: TransferStats) => void) | undefined;
}

/** Everything that a run in any direction needs to know. */
export interface Job {
  readonly mapping: Route;
  /** The remote through its crypt layer, where there is one. */
  readonly view: Remote;
  readonly request: JobRequest;
  /** Lets a bidirectional sync that lost its state begin anew by itself. */
  readonly profile: { readonly autoResync?: boolean | undefined };
  readonly settings: {
    readonly deleteLimit: DeleteLimit | undefined;
    readonly bandwidthLimit: string | undefined;
    readonly flags: readonly string[] | undefined;
    readonly include: readonly string[];
    /** Milliseconds that replaced and deleted files are kept; 0 keeps none. */
    readonly keepDeleted: number;
    /** Generations that stay whole however old they are, the newest among them; 1 keeps no former one. */
    readonly keepGenerations: number;
    /** Milliseconds after which a run looks at the whole remote again. */
    readonly fullEvery: number;
  };
  /** Whether the place lies apart from all others that this machine knows; asked where the whole place is looked at. */
  readonly verifyPlace?: (() => void) | undefined;
  /** What this machine knows of the place: sync/tree/record. */
  readonly recordFile: string;
  /** This machine among those that write to the place: random, not its name. */
  readonly machine: string;
  /** What the vault seals with; undefined where there is none, or none is known yet. */
  readonly sealKey: Buffer | undefined;
  /** The directory on this machine in which runs keep what they take away or replace here. */
  readonly localTrash: string;
  // what 0.1 remembered, taken over by the first run
  readonly indexFile: string;
  readonly baseFile: string;
  readonly bothWaysDirectory: string;
}

/** Milliseconds between two looks at the whole remote when nothing else is said: 7 days. */
export const defaultFullEvery = 7 * 86_400_000;

/** Milliseconds that replaced and deleted files are kept when nothing else is said: 30 days. */
export const defaultKeepDeleted = 30 * 86_400_000;

/** Generations that stay whole however old they are, when nothing else is said: the current one. */
export const defaultKeepGenerations = 1;

/** Everything that makes what both sides were worthless as a base when it changes. */
export function scopeOf({ mapping: { crypt, include } }: Pick<Job, 'mapping'>): string {
  return JSON.stringify([crypt ?? null, include]);
}
