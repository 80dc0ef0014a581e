/** The same as the page, on a terminal. */
import type { FleetReport, VaultReport } from '../../../operations/history/fleet.ts';
import { type Column, fittingTable } from '../status/fitting.ts';
import { sessionLines } from '../status-table.ts';
import { formatBytes, paint, printable, wrapped } from '../style.ts';
import { formatTook } from './history-table.ts';
import { sparkline } from './sparkline.ts';
import { isFine, sentenceOf, shortNameOf, stateOf, successOf, verifiedOf } from './words.ts';

/** Days in a strip, and columns of a line. */
const stripDays = 30;
const lineWidth = 16;
const strip: Readonly<Record<string, string>> = { g: '▪', b: '✗', '-': '·' };

/** @param columns of the terminal; infinite where there is none */
export function fleetLines(fleet: FleetReport, columns: number): string[] {
  const { counts, vaults, sessions, at } = fleet;
  const needy = vaults.filter(({ isNeedy }) => isNeedy);
  const { overdue, damaged, unverified, heldBytes } = counts;
  const figures = `${overdue} overdue, ${damaged} damaged, ${unverified} never verified; ${formatBytes(heldBytes)} in all. As of ${at}.`;
  const reasons = needy.flatMap((vault) =>
    vault.reasons.map((reason) => wrapped(`${shortNameOf(vault)}: ${printable(reason)}`, columns, 2)),
  );
  return [
    paint(['bold', isFine(counts) ? 'green' : 'red'], sentenceOf(counts), process.stdout),
    wrapped(figures, columns, 0),
    ...(reasons.length === 0 ? [] : ['', ...reasons]),
    ...(vaults.length === 0 ? [] : ['', tableOf(fleet, columns)]),
    ...(sessions.length === 0 ? [] : ['', ...sessionLines(sessions)]),
  ];
}

function tableOf({ vaults, at, days }: FleetReport, width: number): string {
  const of = (heading: string, cell: (vault: VaultReport) => string, more: Partial<Column> = {}): Column => ({
    heading,
    cells: vaults.map(cell),
    ...more,
  });
  const columns = [
    of('VAULT', shortNameOf),
    of('STATE', coloured),
    of('LAST SUCCESS', (vault) => successOf(vault, at)),
    of('VERIFIED', (vault) => verifiedOf(vault, at), { leaves: 1 }),
    of(`LAST ${Math.min(days, stripDays)} DAYS`, ({ history }) => stripOf(history.outcomes), { leaves: 4 }),
    of('SIZE', ({ history, heldBytes }) => figured(heldBytes, history.held, formatBytes), { leaves: 3 }),
    of('TIME TAKEN', ({ history, took }) => figured(took, history.took, formatTook), { leaves: 2 }),
  ];
  return (
    fittingTable(columns, width) ??
    vaults.map((vault) => `${shortNameOf(vault)}\n  ${coloured(vault)}, ${successOf(vault, at)}`).join('\n')
  );
}

function coloured(vault: VaultReport): string {
  const state = stateOf(vault);
  const colour = !vault.isNeedy ? 'green' : state === 'warning' ? 'yellow' : 'red';
  return paint(colour, state, process.stdout);
}

function stripOf(outcomes: string): string {
  return [...outcomes.slice(-stripDays)].map((mark) => strip[mark] ?? mark).join('');
}

function figured(
  last: number | null,
  values: readonly (number | null)[],
  inUnits: (value: number) => string,
): string {
  return last === null ? '-' : `${sparkline(values, lineWidth)} ${inUnits(last)}`;
}
