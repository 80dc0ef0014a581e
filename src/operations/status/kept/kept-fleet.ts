/**
 * What a status said of the clients of a fleet, kept for the next one. A client is told again only when nothing that
 * its rows were read from was changed since (`system/paths/stamps`), and only what was read from files is kept: what is
 * mounted and which daemons run, each status asks the machine. So a row that is told again is the one that a look would
 * give, and whatever casts doubt on that makes a look.
 */
import type { ProfileLayout } from '../../../clients/layout.ts';
import { CryptosyncError, errnoOf } from '../../../system/errors.ts';
import { kindOf } from '../../../system/files.ts';
import { isUntouchedSince, stampsOf } from '../../../system/paths/stamps.ts';
import { trustedTree } from '../../../system/paths/trust.ts';
import { isOnOwnDisk } from '../../../system/stores/stores.ts';
import type { MountEntry } from '../../../vaults/mounts/mount-table.ts';
import type { Context } from '../../context.ts';
import type { VaultStatus } from '../vault-status.ts';
import { type KeptClient, keyOf, readKeptFile, writeKeptFile } from './kept-file.ts';
import { isCalm } from './row.ts';

/** The status of a profile, as it was looked at. */
export interface Look {
  readonly layout: ProfileLayout;
  readonly status: VaultStatus;
  /** From `sourcesOf`. */
  readonly sources?: readonly string[] | undefined;
}

export interface KeptFleet {
  /** All rows of each client of which nothing was changed. */
  readonly rows: ReadonlyMap<string, readonly VaultStatus[]>;
  /** Keeps what was looked at beside them. @param looks at all profiles of each client */
  keep(looks: readonly Look[]): void;
}

/** Clients: to look at so few costs little. */
const few = 50;
/** Of all clients: to look at so many costs as much as to write all. */
const smallPart = 1 / 20;
/** Milliseconds that the clock may be set by while a status reads. */
const mostSet = 1000;

type Asking = Pick<Context, 'root' | 'userId' | 'clock'>;

/**
 * @param table what is mounted now
 * @returns undefined where nothing is kept: the root is not believed, or lies on no disk of this machine
 */
export function openKeptFleet(context: Asking, table: readonly MountEntry[]): KeptFleet | undefined {
  const { root, clock } = context;
  const at = clock.now().getTime();
  const ticks = performance.now();
  const tree = trustedTree(root, table);
  if (tree === undefined) return undefined;
  try {
    if (!isOnOwnDisk(root, table)) return undefined;
    const key = keyOf(context, tree);
    const mounted = clientsIn(table, tree.top.directory.path);
    const kept = new Map(
      readKeptFile(tree, key, at)
        .filter(({ client, stamps }) => !mounted.has(client) && isUntouchedSince(`${root}/${client}`, stamps))
        .map((each) => [each.client, each]),
    );
    return {
      rows: new Map([...kept].map(([client, { rows }]) => [client, rows])),
      keep(looks) {
        try {
          const clients = keepable(looks, { kept, mounted, at, root });
          const isClockSet = Math.abs(clock.now().getTime() - at - (performance.now() - ticks)) > mostSet;
          if (clients.length > 0 && !isClockSet) writeKeptFile(root, { key, at, clients });
        } catch (error) {
          // a full disk, a tree that may not be written: the next status looks again
          if (errnoOf(error) === undefined && !(error instanceof CryptosyncError)) throw error;
        }
      },
    };
  } finally {
    tree.top.directory.close();
  }
}

/** The clients that the mount table says anything of: that they have a mount in them, or are what is mounted elsewhere. */
function clientsIn(table: readonly MountEntry[], root: string): ReadonlySet<string> {
  const top = root.endsWith('/') ? root : `${root}/`;
  const places = table.flatMap(({ mountPoint, source }) => [mountPoint, source]);
  return new Set(places.flatMap((place) => place.split(top)[1]?.split('/')[0] ?? []));
}

interface Known {
  readonly kept: ReadonlyMap<string, KeptClient>;
  readonly mounted: ReadonlySet<string>;
  /** When the looks began. */
  readonly at: number;
  readonly root: string;
}

/** All that can be told again the next time; none when that is hardly more than this time. */
function keepable(looks: readonly Look[], { kept, mounted, at, root }: Known): KeptClient[] {
  const clients = Map.groupBy(looks, ({ layout }) => layout.client);
  const all = new Set([...clients.keys(), ...kept.keys()]).size;
  const most = Math.max(few, all * smallPart);
  const calm = [...clients].filter(
    ([client, own]) => !mounted.has(client) && !kept.has(client) && own.every(isKeepable),
  );
  // what was put in the place of a client meanwhile may be as old as it
  if (calm.length <= most || stampsOf(root, [], at) === undefined) return [];
  const fresh = calm.flatMap(([client, own]) => {
    const [{ layout }] = own as [Look];
    const sources = own.flatMap(({ sources: each }) => each ?? []);
    const isTenant = kindOf(layout.sessionStateDirectory) !== 'none';
    const stamps = isTenant ? undefined : stampsOf(layout.directory, sources, at);
    return stamps === undefined ? [] : [{ client, stamps, rows: own.map(({ status }) => status) }];
  });
  return fresh.length <= most ? [] : [...kept.values(), ...fresh];
}

function isKeepable({ status, sources }: Look): boolean {
  return isCalm(status) && sources !== undefined;
}
