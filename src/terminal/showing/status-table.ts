/** The table of `status`, and below it a line for everything that is not in order. */
import { nameOf } from '../../clients/layout.ts';
import { overallError } from '../../operations/several/results.ts';
import { overallOverdue, overdueError } from '../../operations/status/overdue.ts';
import type { StatusSelection } from '../../operations/status/selection.ts';
import { type Health, statusOfMissing, type VaultStatus } from '../../operations/status/status.ts';
import type { SessionDocument } from '../../sessions/documents.ts';
import { formatAge, toLogTime } from '../../system/clock.ts';
import { type CommandReport, reportOf, wordsOf } from '../advice/index.ts';
import type { Reporter } from '../base-command.ts';
import { type Column, fittingTable } from './status/fitting.ts';
import { changesBetween } from './status/watch.ts';
import { columnsOf, count, formatBytes, paint, printable, wrapped } from './style.ts';
import { renderTable } from './table.ts';

const colours: Readonly<Record<Health, Parameters<typeof paint>[0]>> = {
  healthy: 'green',
  unmounted: 'gray',
  warning: 'yellow',
  'needs setup': 'cyan',
  error: 'red',
};

/** A vault as it is shown, and as `--json` prints it: what to do is told in words. */
export type WordedStatus = Omit<VaultStatus, 'error' | 'advice'> & { readonly error?: CommandReport };

function wordedStatus({ error, advice, ...status }: VaultStatus): WordedStatus {
  const words = advice === undefined ? '' : `: ${wordsOf(advice)}`;
  return {
    ...status,
    notes: status.notes.map((note) => `${note}${words}`),
    ...(error === undefined ? {} : { error: reportOf(error) }),
  };
}

interface StatusParts {
  readonly vaults: readonly VaultStatus[];
  readonly sessions: readonly SessionDocument[];
  /** As it was asked for: `26h`. */
  readonly maxAge: string | undefined;
  readonly now: Date;
}

/** Shows vaults and sessions, and tells what was named and is not there, which stands in the document as well. */
export function reportStatus(
  { vaults, sessions, maxAge, now }: StatusParts,
  { missing }: StatusSelection,
  reporter: Reporter,
): object {
  const found = vaults.map(wordedStatus);
  for (const { layout, error } of missing) reporter.tell(error, nameOf(layout));
  const isNothing = found.length === 0 && missing.length === 0 && sessions.length === 0;
  if (reporter.isTalkative) {
    const manner = { columns: columnsOf(process.stdout) ?? Number.POSITIVE_INFINITY, now };
    if (found.length > 0 || isNothing) for (const line of statusLines(found, manner)) reporter.say(line);
    if (found.length > 0 && sessions.length > 0) reporter.say('');
    for (const line of sessionLines(sessions)) reporter.say(line);
  }
  const absent = missing.map(({ layout, error }) => wordedStatus(statusOfMissing(layout, error)));
  const overdue = vaults.filter(({ age }) => age?.isOverdue === true);
  for (const vault of overdue) reporter.tell(overdueError(vault, maxAge ?? '', now), nameOf(vault));
  const error =
    overallError([...found.map(() => undefined), ...missing.map((one) => one.error)]) ??
    (maxAge === undefined ? undefined : overallOverdue(overdue.map(nameOf), vaults.length, maxAge));
  const document = {
    vaults: [...found, ...absent],
    ...(sessions.length === 0 ? {} : { sessions }),
    ...(error === undefined ? {} : { error }),
  };
  return reporter.finish(document);
}

/** What is drawn of a look, for who goes on looking. @param before the facts of the last look, by name */
export function statusScreen(
  { vaults, sessions, now }: Omit<StatusParts, 'maxAge'>,
  before: ReadonlyMap<string, string> | undefined,
): { readonly draw: (columns: number) => string[]; readonly facts: ReadonlyMap<string, string> } {
  // an age is another at each look
  const facts = new Map(
    vaults.map(({ age, ...vault }) => [nameOf(vault), JSON.stringify([vault, age?.isOverdue])]),
  );
  const changed = changesBetween(before, facts);
  const found = vaults.map(wordedStatus);
  const draw = (columns: number): string[] => [
    ...statusLines(found, { columns, now, changed }),
    ...(sessions.length > 0 ? ['', ...sessionLines(sessions)] : []),
    '',
    wrapped(`${toLogTime(now)}, every 2 seconds; Ctrl-C ends it`, columns, 0),
  ];
  return { draw, facts };
}

/** For whom it is drawn. */
export interface TableManner {
  /** How wide the terminal is; infinite where there is none, and exact times are told. */
  readonly columns: number;
  readonly now: Date;
  /** Those that are others than at the last look, by name. */
  readonly changed?: ReadonlySet<string>;
}

/** What is not in order stands below the table. Where no table fits, each vault is told in lines of its own. */
export function statusLines(vaults: readonly WordedStatus[], manner: TableManner): string[] {
  if (vaults.length === 0)
    return ['There are no clients here yet. Set one up: cryptosync install --client NAME'];
  const { columns } = manner;
  const table = columnsFor(vaults, manner);
  const shown =
    fittingTable(table, columns) ?? vaults.flatMap((_vault, row) => blockOf(table, row, columns)).join('\n');
  const notes = vaults.flatMap((vault) =>
    notesOf(vault).map((note) => `${nameOf(vault)}: ${printable(note)}`),
  );
  return [shown, ...(notes.length === 0 ? [] : ['', ...notes.map((note) => wrapped(note, columns, 2))])];
}

function notesOf({ notes, waiting }: WordedStatus): string[] {
  const why = waiting?.unknown ?? null;
  return why === null ? [...notes] : [...notes, `what waits to be sent is not known: ${why}`];
}

function columnsFor(vaults: readonly WordedStatus[], manner: TableManner): Column[] {
  const of = (
    heading: string,
    cell: (vault: WordedStatus) => string,
    more: Partial<Column> = {},
  ): Column => ({
    heading,
    cells: vaults.map(cell),
    ...more,
  });
  const isPlain = vaults.every(({ profile }) => profile === 'default');
  return [
    of('CLIENT', (vault) =>
      manner.changed?.has(nameOf(vault)) ? paint('inverse', vault.client, process.stdout) : vault.client,
    ),
    of('PROFILE', ({ profile }) => profile, { leaves: isPlain ? 3 : undefined }),
    of('ENGINE', ({ engine }) => engine ?? '-', { leaves: 2 }),
    of('STATE', ({ state }) => state, { leaves: 4 }),
    of('HEALTH', ({ health }) => paint(colours[health], health, process.stdout)),
    of('LAST SYNC', (vault) => lastSync(vault, manner)),
    ...(vaults.some(({ age }) => age !== undefined)
      ? [of('LAST SUCCESS', (vault) => lastSuccess(vault, manner))]
      : []),
    ...(vaults.some(({ waiting }) => waiting !== undefined) ? [of('WAITING', waitingIn)] : []),
    of('VERIFIED', (vault) => verified(vault, manner), { leaves: 5 }),
    of('REMOTE', remote, { breaks: 16 }),
    of('MOUNT DIRECTORY', ({ mountDir }) => printable(mountDir ?? '-'), { leaves: 1 }),
  ];
}

/** A vault on a terminal that is too narrow for a table: its name, and a line for each of the rest. */
function blockOf([client, profile, ...rest]: readonly Column[], row: number, columns: number): string[] {
  const width = Math.max(...rest.map(({ heading }) => heading.length));
  return [
    `${client?.cells[row]}/${profile?.cells[row]}`,
    ...rest.map(({ heading, cells }) => {
      const text = wrapped(cells[row] ?? '', columns, width + 4);
      return `  ${heading.toLowerCase().padEnd(width)}  ${text}`;
    }),
  ];
}

/** How long ago it was, for who looks at it now; for everybody else when it was. */
function timeOf(at: string, { columns, now }: TableManner): string {
  const age = now.getTime() - Date.parse(at);
  return Number.isFinite(columns) && !Number.isNaN(age) ? formatAge(age) : at;
}

function lastSync({ lastSync: last }: WordedStatus, manner: TableManner): string {
  return last === null ? 'never' : `${timeOf(last.at, manner)} ${last.outcome}`;
}

function lastSuccess({ lastSuccess: last, age }: WordedStatus, manner: TableManner): string {
  const when = last === null ? 'never' : timeOf(last, manner);
  return age?.isOverdue === true ? `${when} ${paint('red', 'OVERDUE', process.stdout)}` : when;
}

function waitingIn({ waiting }: WordedStatus): string {
  if (waiting === undefined) return '-';
  if (waiting.unknown !== null) return 'unknown';
  const { files, bytes, deletions, renames, isNothing } = waiting;
  if (isNothing) return 'nothing';
  const parts = [
    ...(files > 0 ? [`${count(files, 'file')}, ${formatBytes(bytes)}`] : []),
    ...(deletions > 0 ? [`${deletions} deleted`] : []),
    ...(renames > 0 ? [`${renames} renamed`] : []),
  ];
  // modes, owners, times, empty directories
  return parts.length === 0 ? 'attributes' : parts.join(', ');
}

function verified({ lastVerification: last }: WordedStatus, manner: TableManner): string {
  if (last === null) return 'never';
  const day = Number.isFinite(manner.columns) ? timeOf(last.at, manner) : last.at.slice(0, 10);
  if (last.outcome === 'damaged') return `${day} ${paint('red', 'DAMAGED', process.stdout)}`;
  return `${day} ${last.outcome === 'unchecked' ? 'could not check' : last.how}`;
}

function remote({ remote: found }: WordedStatus): string {
  if (found === null) return '-';
  const place = `${found.name}:${found.path}`;
  if (found.type === null) return `${printable(place)} (not configured)`;
  const reachable = found.reachable === null ? '' : found.reachable ? ', reachable' : ', NOT reachable';
  return printable(`${place} (${found.type}${reachable})`);
}

const sessionHeading = ['TENANT', 'SESSION', 'WORKLOAD', 'CLAIMED', 'LAST SENT', 'GENERATION', 'DIRECTORY'];

/** Claimed tenants, and below them a line for each whose server has ended. */
export function sessionLines(sessions: readonly SessionDocument[]): string[] {
  if (sessions.length === 0) return [];
  const rows = sessions.map((session) => [
    session.tenantId,
    paint(session.state === 'active' ? 'green' : 'yellow', session.state, process.stdout),
    printable(session.workloadId ?? '-'),
    printable(session.claimedAt ?? '-'),
    printable(session.lastSuccess ?? 'never'),
    String(session.generation ?? '-'),
    printable(session.directory),
  ]);
  const notes = sessions.filter(({ state }) => state === 'interrupted').map(interruptionOf);
  return [renderTable([sessionHeading, ...rows]), ...(notes.length === 0 ? [] : ['', ...notes])];
}

export function interruptionOf({ tenantId, lastSuccess }: SessionDocument): string {
  const since =
    lastSuccess === null ? 'what was written' : `what was written after ${printable(lastSuccess)}`;
  return `${tenantId}: its server ended without releasing it: ${since} may be here alone, until it is claimed again`;
}
