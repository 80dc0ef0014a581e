/** What the syncs of one session stand on: whose it is, what its workload says, where its files lie. */
import { join } from 'node:path';
import { type ClientLayout, profileLayout } from '../../clients/layout.ts';
import { parseProfileName } from '../../clients/names.ts';
import { readProfile } from '../../clients/profile-store.ts';
import type { ApartOptions } from '../../executor/apart.ts';
import type { ExecutorResult, RcloneSyncExecutor } from '../../executor/executor.ts';
import type {
  ConfiguredTarget,
  ExecutorOptions,
  HeldEncryption,
  SinkTarget,
} from '../../executor/options.ts';
import type { Direction } from '../../remotes/tuning.ts';
import { CryptosyncError, errnoOf } from '../../system/errors.ts';
import { verifyWay } from '../../system/paths/walk.ts';
import type { Workload, WorkloadMapping } from '../workload/workload.ts';

export interface Ground {
  readonly root: string;
  readonly layout: ClientLayout;
  readonly workload: Workload;
  /** The session's own, which is wiped when it ends. */
  readonly encryption: HeldEncryption | undefined;
  /** Runs one sync; its result says how it ended. */
  readonly run: (options: ApartOptions) => Promise<ExecutorResult>;
  /** Takes files away that lie on the sink. */
  readonly vacate: RcloneSyncExecutor['vacate'];
}

export interface RunChoices {
  readonly direction: Direction;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly takeOver?: boolean;
  readonly resync?: 'local' | 'remote';
}

/** One sync of one mapping. */
export async function runMapping(
  ground: Ground,
  mapping: WorkloadMapping,
  choices: RunChoices,
): Promise<ExecutorResult> {
  const { mode = 'sync' } = mapping;
  return await ground.run({
    ...choices,
    ...placeOf(ground, mapping),
    encryption: ground.encryption ?? 'none',
    mode: choices.direction === 'bidirectional' ? 'sync' : mode,
    // to delete everything is a tenant's right; what leaves stays in the trash of its generation
    maxDelete: '100%',
    mayBeEmpty: true,
    // a tenant's directory on the sink is written by its sessions alone
    ownPlace: true,
  });
}

type MappingPlace = Pick<ExecutorOptions, 'directory' | 'target' | 'owner' | 'include'>;

/** What of a mapping is here, and where. @throws CONFIG_INVALID for a link on the way to it, which a tenant may have set */
export function placeOf(ground: Ground, mapping: WorkloadMapping): MappingPlace {
  const { layout } = ground;
  const directory = directoryOf(layout, mapping);
  try {
    verifyWay(directory, layout.directory);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  return {
    directory,
    target: targetOf(ground, mapping),
    owner: `session:${layout.client}:${sinkPathOf(mapping)}`,
    include: mapping.include,
  };
}

/** Where a mapping's files lie. */
export function directoryOf({ sessionDirectory }: ClientLayout, { path }: WorkloadMapping): string {
  return path === '.' ? sessionDirectory : join(sessionDirectory, path);
}

function sinkPathOf({ path, sinkPath = path }: WorkloadMapping): string {
  return sinkPath === '.' ? '' : sinkPath;
}

/** @throws CONFIG_INVALID, CLIENT_NOT_FOUND, PROFILE_NOT_FOUND, REMOTE_NOT_CONFIGURED */
function targetOf(
  { root, layout, workload }: Ground,
  mapping: WorkloadMapping,
): SinkTarget | ConfiguredTarget {
  const { sink, remote } = workload;
  const { client } = layout;
  const below = sinkPathOf(mapping);
  if (sink !== undefined) return { sink, client, path: below };
  if (remote === undefined) throw new CryptosyncError('CONFIG_INVALID', 'the workload has no sink');
  const path = [remote.path.replace(/\/+$/, ''), client, below].filter((part) => part !== '').join('/');
  if (remote.from === 'file') return { configFile: remote.configFile, name: remote.name, path };
  const own = profileLayout(root, client, parseProfileName(remote.profile));
  const profile = readProfile(own);
  if (profile.remote === undefined) {
    throw new CryptosyncError(
      'REMOTE_NOT_CONFIGURED',
      `profile ${remote.profile} of ${client} has no remote that a session could use`,
    );
  }
  return { configFile: layout.rcloneConfig, name: profile.remote.name, path };
}
