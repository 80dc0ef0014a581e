/** The places that a profile is synced with: what status, doctor and the ledger compare outcomes by. */
import { resolve } from 'node:path';
import type { ProfileLayout } from '../clients/layout.ts';
import type { Profile } from '../clients/profile.ts';
import { backendBehind, type RcloneConf, readRcloneConf, remoteType } from '../remotes/configuration.ts';
import { rclonePath } from '../remotes/remote.ts';
import { readSyncHistory, type SyncHistory } from '../runs/last-sync.ts';
import type { Place } from '../runs/place.ts';
import type { TrustedTree } from '../system/paths/trusted-tree.ts';
import type { Mapping, MappingOverrides } from './sync/mapping.ts';

/** The last syncs of a profile's own places, as its ledger has them. @param from as for readSyncHistory */
export function syncHistoryOf(
  layout: ProfileLayout,
  profile: Profile,
  conf: RcloneConf | undefined = readableConf(layout),
  from?: TrustedTree,
): SyncHistory {
  return readSyncHistory(layout.ledger, placesOf(profile, conf), from);
}

/** A broken rclone.conf tells nothing, and is told elsewhere. */
function readableConf({ rcloneConfig }: ProfileLayout): RcloneConf | undefined {
  try {
    return readRcloneConf(rcloneConfig);
  } catch {
    return undefined;
  }
}

/** @param overrides what one run is asked for instead; left out, the places are the profile's own. */
export function placesOf(
  { remote, mappings }: Profile,
  conf: RcloneConf | undefined,
  overrides: MappingOverrides = {},
): Place[] {
  if (remote === undefined) return [];
  const type = conf === undefined ? undefined : remoteType(conf, remote.name);
  const backend = conf === undefined ? undefined : backendBehind(conf, remote.name);
  return (mappings ?? [{}]).map((mapping) => {
    const path = overrides.remotePath ?? mapping.remotePath ?? remote.path;
    return {
      source: mapping.source ?? null,
      direction: overrides.direction ?? mapping.direction ?? 'upload',
      remote: `${remote.name}:${type === 'local' ? resolve(path) : path}`,
      backend,
    };
  });
}

/** The place of one mapping of a run. */
export function placeOfMapping({ configuredSource, direction, raw }: Mapping): Place {
  return {
    source: configuredSource ?? null,
    direction,
    remote: raw.type === 'local' ? `${raw.name}:${resolve(raw.path)}` : rclonePath(raw),
    backend: raw.backend,
  };
}

/** The places that a run sets out for, as far as they can be told before it begins. */
export function placesAsked(
  layout: ProfileLayout,
  profile: Profile | undefined,
  overrides: MappingOverrides,
): Place[] {
  return profile === undefined ? [] : placesOf(profile, readableConf(layout), overrides);
}
