/** The table of `history`, and the trend of its syncs below it. */
import type { History } from '../../../operations/history/history.ts';
import type { RecordedRun } from '../../../runs/history.ts';
import type { Place } from '../../../runs/place.ts';
import { formatAge } from '../../../system/clock.ts';
import { type Column, fittingTable } from '../status/fitting.ts';
import { formatBytes, formatSeconds, paint, printable } from '../style.ts';
import { sparkline } from './sparkline.ts';

/** For whom it is drawn. @see TableManner of the table of status */
interface HistoryManner {
  /** Infinite where there is no terminal. */
  readonly columns: number;
  readonly now: Date;
}

const bad: ReadonlySet<string> = new Set(['failed', 'refused', 'damaged', 'unchecked']);
const open: ReadonlySet<string> = new Set(['unfinished', 'interrupted']);

export function historyLines({ runs, isCut, trend }: History, { columns, now }: HistoryManner): string[] {
  if (runs.length === 0) return ['Nothing has been done here yet.'];
  const isTerminal = Number.isFinite(columns);
  const of = (heading: string, cell: (run: RecordedRun) => string, more: Partial<Column> = {}): Column => ({
    heading,
    cells: runs.map(cell),
    ...more,
  });
  const figure = (value: number | null): string => (value === null ? '-' : String(value));
  const table = [
    of('STARTED', ({ startedAt, endedAt }) => startedAt ?? endedAt ?? '-'),
    ...(isTerminal ? [of('AGE', (run) => ageOf(run, now), { leaves: 3 })] : []),
    of('COMMAND', ({ operation }) => printable(operation)),
    of('OUTCOME', (run) => outcomeIn(run)),
    of('FILES', ({ files }) => figure(files), { leaves: 5 }),
    of('SENT', ({ bytes }) => sizeOf(bytes), { leaves: 7 }),
    of('HELD', ({ heldBytes }) => sizeOf(heldBytes), { leaves: 4 }),
    of('TOOK', ({ durationMs }) => tookOf(durationMs)),
    of('GENERATION', ({ generation }) => figure(generation), { leaves: 2 }),
    of('PLACE', ({ places }) => printable(places.map(inWords).join(', ') || '-'), { leaves: 6, breaks: 16 }),
  ];
  const shown = fittingTable(table, columns) ?? runs.map((run) => lineOf(run)).join('\n');
  const more = isCut ? ['There are older ones: --limit N'] : [];
  return [shown, ...more, ...(isTerminal ? trendLines(trend, columns) : [])];
}

function ageOf({ startedAt, endedAt }: RecordedRun, now: Date): string {
  const age = now.getTime() - Date.parse(endedAt ?? startedAt ?? '');
  return Number.isNaN(age) ? '-' : formatAge(age);
}

function outcomeIn({ outcome, error }: RecordedRun): string {
  const text = printable(error === null ? outcome : `${outcome} ${error}`);
  if (bad.has(outcome)) return paint('red', text, process.stdout);
  return open.has(outcome) ? paint('yellow', text, process.stdout) : text;
}

function sizeOf(bytes: number | null): string {
  return bytes === null ? '-' : formatBytes(bytes);
}

function tookOf(milliseconds: number | null): string {
  return milliseconds === null ? '-' : formatTook(milliseconds);
}

/** `0.3s`, `12s`, `3m20s`. */
export function formatTook(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  return seconds < 9.95 ? `${seconds.toFixed(1)}s` : formatSeconds(seconds);
}

function inWords({ source, direction, remote }: Place): string {
  const from = typeof source === 'string' ? `${source} ` : '';
  return direction === 'upload' ? `${from}${remote}` : `${from}${remote} (${direction})`;
}

/** On a terminal where no table fits. */
function lineOf(run: RecordedRun): string {
  return `${run.startedAt ?? run.endedAt ?? '-'} ${printable(run.operation)}\n  ${outcomeIn(run)}`;
}

/** The syncs that ended well: how long they took, and how much there was to send. */
function trendLines(trend: History['trend'], columns: number): string[] {
  if (trend.length < 2) return [];
  const line = (
    label: string,
    values: readonly (number | null)[],
    inUnits: (value: number) => string,
  ): string[] => {
    const known = values.filter((value) => value !== null);
    if (known.length < 2) return [];
    const range = `${inUnits(Math.min(...known))} to ${inUnits(Math.max(...known))}`;
    const whole = `${range}, last ${inUnits(known.at(-1) ?? 0)}`;
    const figures = label.length + whole.length + 12 > columns ? range : whole;
    const width = Math.max(8, columns - label.length - figures.length - 4);
    return [`${label}  ${sparkline(values, width)}  ${figures}`];
  };
  return [
    '',
    `The last ${trend.length} syncs that ended well:`,
    ...line(
      'took',
      trend.map(({ durationMs }) => durationMs),
      formatTook,
    ),
    ...line(
      'held',
      trend.map(({ heldBytes }) => heldBytes),
      formatBytes,
    ),
  ];
}
