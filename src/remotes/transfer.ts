/** Moving ciphertext: what would be done (a plan, as data), and doing it. */
import { type RcloneCall, type RcloneDependencies, type RcloneResult, rclone } from './rclone.ts';
import { rcloneFailure } from './rclone-failure.ts';
import type { LogRecord, TransferStats } from './rclone-log.ts';
import { reachabilityOf } from './reachable.ts';
import { controlFilter, placeOf, type Remote, rclonePath } from './remote.ts';
import { type Restless, watchSource } from './restless.ts';

export const transferModes = ['sync', 'copy'] as const;
/** `sync` makes the target like the source, with deletions; `copy` only adds and updates. */
export type TransferMode = (typeof transferModes)[number];

export interface TransferRequest {
  /** A directory on this machine. */
  readonly source: string;
  readonly remote: Remote;
  readonly mode: TransferMode;
  /** Where replaced and deleted files go on the remote; undefined keeps none. */
  readonly trash: string | undefined;
  /** rclone's `--bwlimit`. */
  readonly bandwidthLimit: string | undefined;
  /** Patterns of what is transferred; everything when there are none. */
  readonly include?: readonly string[] | undefined;
  /** Whether the remote can move files. One that can't copies what goes to the trash, and deletes it. Default true. */
  readonly movesFiles?: boolean;
  /** Tells files that changed or vanished meanwhile in the result, instead of failing for them. */
  readonly mayMove?: boolean;
  /** Further flags, checked by whoever took them from an operator. */
  readonly flags?: readonly string[] | undefined;
}

export interface TransferPlan {
  readonly uploads: readonly PlannedFile[];
  /** Files that exist only on the remote and would be deleted there. */
  readonly deletions: readonly PlannedFile[];
  /** Of the uploads. */
  readonly bytes: number;
  /** Bytes that move to the trash on the remote; rclone counts them as transferred. */
  readonly movedBytes: number;
  /** Old versions of uploads that move to the trash. */
  readonly replaced: number;
}

export interface PlannedFile {
  readonly path: string;
  readonly size: number;
  /** Of a bidirectional sync: where it goes to, or is deleted. */
  readonly side?: 'local' | 'remote';
}

export interface TransferResult {
  readonly files: number;
  readonly bytes: number;
  readonly deleted: number;
}

/** Of a transfer whose source may move. */
export interface UploadResult extends TransferResult {
  /** Undefined when all that was there could be copied whole. */
  readonly restless: Restless | undefined;
}

export const nothingTransferred: TransferResult = { files: 0, bytes: 0, deleted: 0 };
export const nothingUploaded: UploadResult = { ...nothingTransferred, restless: undefined };

/** A day: rclone's own time-outs end a silent connection long before, this ends everything else. */
export const transferDeadline = 24 * 3_600_000;
/** rclone tells its progress this often. A broken pipe at the next telling also ends one that setpriv could not bind. */
const statsInterval = '500ms';

export function transferArguments(request: TransferRequest): string[] {
  return [
    request.mode,
    request.source,
    rclonePath(request.remote),
    '--links',
    ...filterArguments(request.include),
    ...(request.trash === undefined ? [] : ['--backup-dir', rclonePath(request.remote, request.trash)]),
    ...(request.bandwidthLimit === undefined ? [] : ['--bwlimit', request.bandwidthLimit]),
    ...(request.flags ?? []),
  ];
}

/** The first rule that matches decides: the tool's own directory is out, what is included in, the rest out. */
export function filterArguments(include: readonly string[] = []): string[] {
  const rules = [
    controlFilter,
    ...include.map((pattern) => `+ ${pattern}`),
    ...(include.length === 0 ? [] : ['- *']),
  ];
  return rules.flatMap((rule) => ['--filter', rule]);
}

export async function transfer(
  request: TransferRequest,
  args: readonly string[],
  dependencies: RcloneDependencies,
  onRecord?: RcloneCall['onRecord'],
): Promise<RcloneResult & Pick<UploadResult, 'restless'>> {
  const { remote } = request;
  const source = watchSource(request.source);
  const result = await rclone(
    {
      args,
      configFile: remote.configFile,
      environment: remote.environment,
      deadline: transferDeadline,
      lowLevelRetries: 5,
      askRemote: reachabilityOf(remote, dependencies),
      onRecord(record) {
        source.look(record);
        onRecord?.(record);
      },
    },
    dependencies,
  );
  if (result.exitCode === 0) return { ...result, restless: undefined };
  const failure = rcloneFailure(result, placeOf(remote), 'transfer the files');
  const files = source.found();
  if (!request.mayMove || files === undefined || result.exitCode === undefined) throw failure;
  return { ...result, restless: { files, failure } };
}

/** Asks rclone what a transfer would do. It changes nothing. */
export async function planTransfer(
  request: TransferRequest,
  dependencies: RcloneDependencies,
): Promise<TransferPlan> {
  const uploads: PlannedFile[] = [];
  const deletions: PlannedFile[] = [];
  let movedBytes = 0;
  let replaced = 0;
  const onRecord = ({ skipped, object, size }: LogRecord): void => {
    if (object === undefined) return;
    if (skipped?.startsWith('move')) movedBytes += size;
    if (skipped === 'copy') uploads.push({ path: object, size });
    // a plain `move` is the old version of an upload on its way to the trash
    if (skipped === 'move') replaced += 1;
    if (skipped === 'delete' || skipped === 'move into backup dir') deletions.push({ path: object, size });
  };
  await transfer(request, [...transferArguments(request), '--dry-run'], dependencies, onRecord);
  return { uploads, deletions, bytes: totalSize(uploads), movedBytes, replaced };
}

/**
 * Carries a transfer out, after the symbolic links of its plan have gone by `uploadFiles`.
 * @param plan it may delete as many files as were planned, and no more.
 */
export async function executeTransfer(
  request: TransferRequest,
  plan: TransferPlan,
  dependencies: RcloneDependencies,
  onProgress: ((stats: TransferStats) => void) | undefined,
): Promise<UploadResult> {
  const extra = extraCounts(request, plan);
  const allowed = plan.deletions.length + extra.deletes;
  const result = await transfer(
    request,
    [
      ...transferArguments(request),
      '--metadata',
      ...(request.mode === 'sync' ? ['--max-delete', String(allowed)] : []),
      ...progressArguments,
    ],
    dependencies,
    ({ stats }) => stats !== undefined && onProgress?.(stats),
  );
  const { stats, restless } = result;
  return {
    restless,
    files: Math.max(0, (stats?.transfers ?? 0) - extra.transfers),
    bytes: Math.max(0, (stats?.bytes ?? 0) - plan.movedBytes),
    deleted: Math.max(0, (stats?.deletes ?? 0) - extra.deletes),
  };
}

/**
 * What rclone counts besides the files themselves. On a remote that can't move files, each one that goes to the trash
 * is copied there and deleted, and both are counted, also against `--max-delete`.
 */
function extraCounts(
  { trash, movesFiles = true }: TransferRequest,
  { deletions, replaced }: TransferPlan,
): { readonly transfers: number; readonly deletes: number } {
  const moved = trash === undefined || movesFiles ? 0 : deletions.length + replaced;
  return { transfers: moved, deletes: moved };
}

export function addResults(a: TransferResult, b: TransferResult): TransferResult {
  return { files: a.files + b.files, bytes: a.bytes + b.bytes, deleted: a.deleted + b.deleted };
}

export function addUploads(a: UploadResult, b: UploadResult): UploadResult {
  const both = a.restless !== undefined && b.restless !== undefined;
  const restless = both
    ? { ...a.restless, files: [...a.restless.files, ...b.restless.files] }
    : (a.restless ?? b.restless);
  return { ...addResults(a, b), restless };
}

export function totalSize(files: readonly PlannedFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

export const progressArguments = ['--stats', statsInterval, '--stats-log-level', 'NOTICE'];
