/** Moving ciphertext: what would be done (a plan, as data), and doing it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type RcloneCall,
  type RcloneDependencies,
  type RcloneResult,
  rclone,
  rcloneFailure,
} from './rclone.ts';
import type { LogRecord, TransferStats } from './rclone-log.ts';
import { reachabilityOf } from './reachable.ts';
import { controlFilter, linkSuffix, placeOf, type Remote, rclonePath } from './remote.ts';
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
/** rclone tells its progress this often. A broken pipe at the next telling also ends an orphaned rclone. */
const statsInterval = '500ms';

function transferArguments(request: TransferRequest): string[] {
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

async function transfer(
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
      isReachable: reachabilityOf(remote, dependencies),
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

function totalSize(files: readonly PlannedFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

/** Uploads just the named files, whatever the remote holds under these names; the others are not looked at. */
export async function uploadFiles(
  request: TransferRequest,
  files: readonly PlannedFile[],
  dependencies: RcloneDependencies,
  onProgress: ((stats: TransferStats) => void) | undefined,
): Promise<UploadResult> {
  const links = files.filter(({ path }) => isLink(path));
  const others = files.filter(({ path }) => !isLink(path));
  const first = await uploadNamed(request, links, [], dependencies, onProgress);
  return addUploads(first, await uploadNamed(request, others, ['--metadata'], dependencies, onProgress));
}

/**
 * Uploads files that never stand still as they are at the moment, perhaps torn: better than to leave the remote
 * without them. The caller says that they may be.
 */
export async function uploadRestless(
  request: TransferRequest,
  files: readonly PlannedFile[],
  dependencies: RcloneDependencies,
  onProgress: ((stats: TransferStats) => void) | undefined,
): Promise<UploadResult> {
  const others = files.filter(({ path }) => !isLink(path));
  const unchecked = ['--local-no-check-updated', '--ignore-checksum', '--ignore-size'];
  return await uploadNamed(request, others, ['--metadata', ...unchecked], dependencies, onProgress);
}

/**
 * True for the name of a symbolic link. Links go alone and without `--metadata`: a vault's links have encrypted
 * targets, and rclone 1.60 follows a link to set its mode, which fails.
 */
export function isLink(path: string): boolean {
  return path.endsWith(linkSuffix);
}

async function uploadNamed(
  request: TransferRequest,
  files: readonly PlannedFile[],
  flags: readonly string[],
  dependencies: RcloneDependencies,
  onProgress: ((stats: TransferStats) => void) | undefined,
): Promise<UploadResult> {
  if (files.length === 0) return nothingUploaded;
  const directory = mkdtempSync(join(tmpdir(), 'cryptosync-list-'));
  try {
    const list = join(directory, 'files');
    writeFileSync(list, `${files.map(({ path }) => path).join('\n')}\n`, { mode: 0o600 });
    const args = withoutFilters(transferArguments({ ...request, mode: 'copy' }));
    const result = await transfer(
      request,
      [...args, ...flags, '--files-from-raw', list, '--no-traverse', '--ignore-times', ...progressArguments],
      dependencies,
      ({ stats }) => stats !== undefined && onProgress?.(stats),
    );
    // what rclone counts may include the old versions on their way to the trash
    return {
      files: result.stats?.transfers ?? 0,
      bytes: totalSize(files),
      deleted: 0,
      restless: result.restless,
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** `--files-from-raw` stands alone: rclone refuses it together with a filter. */
function withoutFilters(args: readonly string[]): string[] {
  return args.filter((word, index) => word !== '--filter' && args[index - 1] !== '--filter');
}

export const progressArguments = ['--stats', statsInterval, '--stats-log-level', 'NOTICE'];

/** Counts the files on the remote, the tool's own left out. */
export async function countRemoteFiles(remote: Remote, dependencies: RcloneDependencies): Promise<number> {
  let count = 0;
  const result = await rclone(
    {
      args: ['lsf', '--recursive', '--files-only', '--filter', controlFilter, rclonePath(remote)],
      configFile: remote.configFile,
      environment: remote.environment,
      deadline: transferDeadline,
      onStdoutLine: () => {
        count += 1;
      },
    },
    dependencies,
  );
  if (result.exitCode !== 0) throw rcloneFailure(result, placeOf(remote), 'list the remote');
  return count;
}

/** The files of the source that the request's patterns let through, as rclone names them. */
export async function listIncluded(
  { source, remote, include }: TransferRequest,
  dependencies: RcloneDependencies,
): Promise<ReadonlySet<string>> {
  const files = new Set<string>();
  const result = await rclone(
    {
      args: ['lsf', '--recursive', '--files-only', '--links', ...filterArguments(include), source],
      configFile: remote.configFile,
      deadline: transferDeadline,
      onStdoutLine: (path) => files.add(path),
    },
    dependencies,
  );
  if (result.exitCode !== 0) throw rcloneFailure(result, source, 'list the source');
  return files;
}
