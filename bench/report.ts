/** The benchmark's table: on the terminal, and in docs/performance.md. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { cellsOf, headings, type Row } from './row.ts';

const page = new URL('../docs/performance.md', import.meta.url);
const begin = '<!-- written by: npm run bench -- --write -->';
const end = '<!-- end -->';

export function tableOf(rows: readonly Row[]): string {
  const lines = [headings, ...rows.map(cellsOf)];
  const widths = headings.map((_heading, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** What the figures were measured with. */
export function describeMachine(): string {
  const [cpu] = cpus();
  const version = (command: string, flag: string): string =>
    /v?\d+\.\d+[.\d]*/.exec(execFileSync(command, [flag], { encoding: 'utf8' }))?.[0] ?? 'unknown';
  const tools = `node ${process.versions.node}, gocryptfs ${version('gocryptfs', '-version')}, rclone ${version('rclone', 'version')}`;
  const load = loadavg()[0]?.toFixed(1) ?? 'unknown';
  const machine = `${cpus().length} × ${cpu?.model.trim() ?? 'unknown CPU'}`;
  return `${machine}; ${tools}; load average ${load}; ${new Date().toISOString().slice(0, 10)}.`;
}

/** Puts the figures between the two marks of docs/performance.md. */
export function writeFigures(rows: readonly Row[]): void {
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no ${begin} … ${end}`);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const table = [line(headings), line(headings.map(() => '---')), ...rows.map((row) => line(cellsOf(row)))];
  const figures = [begin, '', describeMachine(), '', ...table, '', ''].join('\n');
  writeFileSync(page, text.slice(0, from) + figures + text.slice(to));
}
