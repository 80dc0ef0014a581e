/** What the commands of `session` show: progress while the server works, lines at its end, and a table. */
import type {
  ClaimDocument,
  ReleaseDocument,
  SessionDocument,
  SessionSync,
  SyncDocument,
} from '../../../sessions/documents.ts';
import { CryptosyncError } from '../../../system/errors.ts';
import type { Manner } from '../../base-command.ts';
import { describeProgress, drawn } from '../progress/tasks.ts';
import { count, formatBytes, printable } from '../style.ts';
import { renderTable } from '../table.ts';

/** Milliseconds between two looks at what the server has done so far. */
const lookAgain = 500;

export interface Watched<Result> {
  readonly work: () => Promise<Result>;
  /** Asks the server how far it is; what goes wrong with it is the work's to tell. */
  readonly look: () => Promise<SessionDocument | undefined>;
  /** As `drawn` has it. */
  readonly titleAtEnd?: (result: Result) => string | undefined;
}

/** Draws what a server does for a tenant. */
export async function watched<Result>(
  title: string,
  manner: Manner,
  { work, look, titleAtEnd }: Watched<Result>,
): Promise<Result> {
  const drawing = async (update: (progress: string) => void): Promise<Result> => {
    if (!manner.isInteractive) return await work();
    let isDone = false;
    const show = async (): Promise<void> => {
      const progress = (await look().catch(() => undefined))?.progress;
      if (!isDone && progress !== undefined && progress !== null) update(describeProgress(progress));
    };
    const timer = setInterval(() => void show(), lookAgain);
    try {
      return await work();
    } finally {
      isDone = true;
      clearInterval(timer);
    }
  };
  return await drawn(title, manner, drawing, titleAtEnd);
}

/**
 * The same for a claim that may turn out to need a key: that is then asked for, so it is no failure that is drawn.
 * @throws what the claim does
 */
export async function watchedClaim(
  tenant: string,
  manner: Manner,
  { work, look }: Watched<ClaimDocument>,
): Promise<ClaimDocument> {
  const claimed = await watched(`Claiming ${tenant}`, manner, {
    work: () => work().catch(asNeedOfKey),
    look,
    titleAtEnd: (result) => (result instanceof CryptosyncError ? `${tenant} needs its key` : undefined),
  });
  if (claimed instanceof CryptosyncError) throw claimed;
  return claimed;
}

function asNeedOfKey(error: unknown): CryptosyncError {
  if (error instanceof CryptosyncError && error.code === 'KEY_REQUIRED') return error;
  throw error;
}

export function claimLines({ tenantId, containerId, endpoints, sync }: ClaimDocument): string[] {
  const others = Object.entries(endpoints).filter(([name]) => name !== 'directory');
  return [
    `${tenantId} is claimed: ${printable(endpoints.directory)}, ${describe(sync)}`,
    ...(containerId === null ? [] : [`  container ${printable(containerId)}`]),
    ...others.map(([name, value]) => `  ${printable(name)} ${printable(value)}`),
    ...notesOf(sync),
  ];
}

export function syncLines({ tenantId, sync }: SyncDocument): string[] {
  return [`${tenantId}: ${describe(sync)}`, ...notesOf(sync)];
}

export function releaseLines({
  tenantId,
  outcome,
  sync,
  files,
  notes,
  directory,
}: ReleaseDocument): string[] {
  const end = outcome === 'released' ? 'is released, and its key is forgotten' : 'is forgotten, with its key';
  return [
    `${tenantId} ${end}${sync === null ? '' : `: ${describe(sync)}`}`,
    ...(files === 'kept' && notes.length === 0 ? [`  its files are kept in ${printable(directory)}`] : []),
    ...notes.map((note) => `  ${printable(note)}`),
    ...(sync === null ? [] : notesOf(sync)),
  ];
}

export function sessionLines(session: SessionDocument): string[] {
  const { tenantId, state, workloadId, claimedAt, directory, encryption, lastSync, failures, progress } =
    session;
  const rows = [
    ['workload', workloadId ?? 'not known'],
    ['claimed', claimedAt ?? 'not known'],
    ['directory', printable(directory)],
    ['encrypted', encryption === null ? 'not known' : (encryption.filenameEncryption ?? 'no')],
    ['last sync', lastSync === null ? 'none yet' : lastSyncOf(session)],
    ...(failures === 0 ? [] : [['failed since', count(failures, 'time')]]),
    ...(progress === null ? [] : [['under way', describeProgress(progress)]]),
  ];
  return [`${tenantId}: ${state}`, ...rows.map(([name = '', value = '']) => `  ${name.padEnd(13)}${value}`)];
}

const heading = ['TENANT', 'STATE', 'WORKLOAD', 'CLAIMED', 'LAST SYNC', 'DIRECTORY'];

export function sessionTable(sessions: readonly SessionDocument[]): string {
  if (sessions.length === 0) return 'No tenant is claimed.';
  return renderTable([
    heading,
    ...sessions.map((session) => [
      session.tenantId,
      session.state,
      session.workloadId ?? '-',
      session.claimedAt ?? '-',
      session.lastSync === null ? '-' : lastSyncOf(session),
      printable(session.directory),
    ]),
  ]);
}

function lastSyncOf({ lastSync }: SessionDocument): string {
  if (lastSync === null) return '-';
  const { at, outcome, error } = lastSync;
  return `${at} ${outcome}${error === undefined ? '' : `: ${printable(error.message)}`}`;
}

function describe({ outcome, files, bytes, generation }: SessionSync): string {
  const which = generation === null ? '' : ` (generation ${generation})`;
  switch (outcome) {
    case 'empty':
      return 'nothing was there yet';
    case 'none':
      return 'nothing is synced';
    case 'unchanged':
      return `nothing had changed${which}`;
    case 'recovered':
      return `what was left here and what is there were brought together: ${count(files, 'file')}, ${formatBytes(bytes)}${which}`;
    case 'synced':
      return `${count(files, 'file')}, ${formatBytes(bytes)}${which}`;
  }
}

function notesOf({ conflicts = [], keptAt = [] }: SessionSync): string[] {
  return [
    ...conflicts.map(
      ({ path, winner, trash }) =>
        `  changed on both sides: ${printable(path)}; the ${winner} version kept its name, the other is in ${printable(trash)}`,
    ),
    ...keptAt.map((path) => `  what gave way is kept in ${printable(path)}`),
  ];
}
