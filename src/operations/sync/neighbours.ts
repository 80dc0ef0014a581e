/**
 * The profiles below a root, as far as they say where their files are. Another client's may be broken, or its store
 * sick: its own commands tell of that, and no other stops for it.
 */

import { dirname } from 'node:path';
import * as v from 'valibot';
import { listClients, listProfiles } from '../../clients/discovery.ts';
import { whyClientSick } from '../../clients/home/reachable.ts';
import {
  type ClientLayout,
  clientLayout,
  type ProfileLayout,
  profileLayoutIn,
} from '../../clients/layout.ts';
import { absolutePath, remoteSchema } from '../../clients/profile.ts';
import { type RcloneConf, readRcloneConf } from '../../remotes/configuration.ts';
import { parseStoredJson } from '../../system/paths/stored-json.ts';
import { readTrustedText, trustedTree } from '../../system/paths/trust.ts';
import type { TrustedTree } from '../../system/paths/trusted-tree.ts';
import { type MountEntry, readMountTable } from '../../vaults/mounts/mount-table.ts';

/** A value that is not right is left out, and the others count. */
const lenient = <Schema extends v.GenericSchema>(schema: Schema) => v.fallback(v.optional(schema), undefined);

/** What a profile says of its places. Another client's may be broken in all else. */
const configuredSchema = v.object({
  encryptedDir: absolutePath,
  mountDir: absolutePath,
  remote: lenient(remoteSchema),
  mappings: lenient(
    v.array(
      v.fallback(
        v.object({ source: lenient(absolutePath), remotePath: lenient(remoteSchema.entries.path) }),
        {},
      ),
    ),
  ),
});

export type Configured = v.InferOutput<typeof configuredSchema>;

/** A profile below the root. */
export interface Neighbour {
  readonly layout: ProfileLayout;
  readonly configured: Configured;
  /** The client's remotes; undefined where they can't be read. */
  readonly conf: () => RcloneConf | undefined;
}

/** All other profiles below the root, as far as they can be read. */
export function* neighboursOf(layout: ProfileLayout, table = readMountTable()): Generator<Neighbour> {
  for (const neighbour of profilesBelow(dirname(layout.directory), table)) {
    if (neighbour.layout.profileFile !== layout.profileFile) yield neighbour;
  }
}

/** @param table what is mounted now */
export function* profilesBelow(root: string, table: readonly MountEntry[]): Generator<Neighbour> {
  const tree = trustedTree(root, table);
  try {
    for (const client of listClients(root, table)) {
      const base = clientLayout(root, client);
      // a client that can't be read can't be worked with either
      if (whyClientSick(base, table) !== undefined) continue;
      const conf = confReader(base, tree);
      for (const name of listProfiles(root, client, table)) {
        const layout = profileLayoutIn(base, name);
        const configured = readLeniently(layout, tree);
        if (configured !== undefined) yield { layout, configured, conf };
      }
    }
  } finally {
    tree?.top.directory.close();
  }
}

function readLeniently(layout: ProfileLayout, tree: TrustedTree | undefined): Configured | undefined {
  try {
    const value = parseStoredJson(readTrustedText(layout.profileFile, layout.directory, tree) ?? '');
    const result = v.safeParse(configuredSchema, value);
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}

/** A client's file is read once, and not before it is asked for. */
export function confReader(
  { rcloneConfig, directory }: ClientLayout,
  tree?: TrustedTree,
): () => RcloneConf | undefined {
  let read: { readonly conf: RcloneConf | undefined } | undefined;
  return () => {
    if (read === undefined) {
      try {
        read = { conf: readRcloneConf(rcloneConfig, directory, tree) };
      } catch {
        read = { conf: undefined };
      }
    }
    return read.conf;
  };
}

/** The paths on its remote that a profile syncs with. */
export function pathsOf({ remote, mappings }: Pick<Configured, 'remote' | 'mappings'>): string[] {
  const paths = Array.isArray(mappings) ? mappings.map(({ remotePath }) => remotePath) : [];
  const all = paths.length === 0 ? [remote?.path] : paths.map((path) => path ?? remote?.path);
  return all.filter((path) => typeof path === 'string');
}
