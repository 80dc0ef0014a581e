/** A table that is no wider than its terminal: what matters least is left out, then what is long is broken into lines. */
import columnsTaken from 'fast-string-width';
import { renderTable } from '../table.ts';

export interface Column {
  readonly heading: string;
  readonly cells: readonly string[];
  /** May be left out, the lowest first; undefined: never. */
  readonly leaves?: number | undefined;
  /** May be broken into lines, down to so many columns; then its cells must not be painted. */
  readonly breaks?: number;
}

/** Columns between two columns. */
const gap = 2;

/** @param width of the terminal. @returns undefined where no table fits */
export function fittingTable(columns: readonly Column[], width: number): string | undefined {
  const order = columns
    .flatMap(({ leaves }) => (leaves === undefined ? [] : [leaves]))
    .toSorted((one, other) => one - other);
  for (const limit of [-1, ...order]) {
    const left = columns.filter(({ leaves }) => leaves === undefined || leaves > limit);
    const rows = rowsOf(left);
    if (widthOf(rows) <= width) return renderTable(rows);
    const broken = rowsOf(left.map((column) => broke(column, width - widthOf(rows))));
    if (widthOf(broken) <= width) return renderTable(broken);
  }
  return undefined;
}

/** A row of the terminal a line; a cell of several lines takes more of them. */
function rowsOf(columns: readonly Column[]): string[][] {
  const height = Math.max(0, ...columns.map(({ cells }) => cells.length));
  const rows = Array.from({ length: height }, (_value, index) => {
    const lines = columns.map(({ cells }) => (cells[index] ?? '').split('\n'));
    const most = Math.max(...lines.map(({ length }) => length));
    return Array.from({ length: most }, (_line, at) => lines.map((cell) => cell[at] ?? ''));
  });
  return [columns.map(({ heading }) => heading), ...rows.flat()];
}

function widthOf(rows: readonly (readonly string[])[]): number {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries())
      widths[index] = Math.max(widths[index] ?? 0, columnsTaken(cell));
  return widths.reduce((sum, one) => sum + one, 0) + gap * Math.max(0, widths.length - 1);
}

/** @param spare how many columns there are too few, as a negative number */
function broke(column: Column, spare: number): Column {
  const { breaks, cells } = column;
  if (breaks === undefined) return column;
  const most = Math.max(...cells.map((cell) => columnsTaken(cell)), 0);
  const width = Math.max(breaks, most + spare);
  return { ...column, cells: cells.map((cell) => linesOf(cell, width).join('\n')) };
}

/** Broken behind spaces and slashes, and within a word only where that is longer than a line. */
export function linesOf(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const piece of text.split(/(?<=[ /])/).flatMap((word) => slicesOf(word, width))) {
    if (line !== '' && columnsTaken(`${line}${piece}`.trimEnd()) > width) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += piece;
  }
  return [...lines, line.trimEnd()];
}

function slicesOf(word: string, width: number): string[] {
  if (columnsTaken(word) <= width) return [word];
  const slices: string[] = [];
  let slice = '';
  for (const character of word) {
    if (slice !== '' && columnsTaken(slice + character) > width) {
      slices.push(slice);
      slice = '';
    }
    slice += character;
  }
  return [...slices, slice];
}
