/** What a place behind rclone can do, as rclone says it. */
import type { CryptosyncError } from '../../../system/errors.ts';
import { listedHashes, type PlaceFeatures } from '../../place.ts';
import type { Remote } from '../../remote.ts';
import { questionDeadline } from '../call.ts';
import type { Answer, RcloneDaemon } from './daemon.ts';
import { wholeOf } from './lanes.ts';

/** What `operations/fsinfo` gives for "keeps no times": 100 years in nanoseconds. */
const notSupported = 3_153_600_000_000_000_000;
/** Remotes over others that do not say whether those read every file for its hash. */
const layers: ReadonlySet<string> = new Set(['chunker', 'combine', 'compress', 'hasher']);

export type Failed = Exclude<Answer, { kind: 'done' }>;

export async function askFeatures(
  daemon: RcloneDaemon,
  remote: Remote,
  fail: (answer: Failed, action: string) => CryptosyncError,
): Promise<PlaceFeatures> {
  const answer = await daemon.call('operations/fsinfo', { fs: wholeOf(remote) }, questionDeadline);
  if (answer.kind !== 'done') throw fail(answer, 'ask what the remote can do');
  const {
    Features = {},
    Hashes,
    Precision,
  } = answer.value as {
    Features?: Readonly<Record<string, boolean>>;
    Hashes?: readonly string[] | null;
    Precision?: number;
  };
  const keepsHashes = Features['SlowHash'] !== true && !layers.has(remote.type ?? '');
  return {
    timePrecision: Precision === undefined || Precision >= notSupported ? undefined : Precision,
    movesFiles: Features['Move'] === true,
    movesDirectories: Features['DirMove'] === true,
    keepsEmptyDirectories: Features['CanHaveEmptyDirectories'] === true,
    ignoresCase: Features['CaseInsensitive'] === true,
    takesBytes: false,
    respellsNames: true,
    listedHash: keepsHashes ? listedHashes.find((kind) => Hashes?.includes(kind)) : undefined,
  };
}
