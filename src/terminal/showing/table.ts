/** Tables of text for a terminal: columns as wide as their widest cell, two spaces between them. */
import columnsTaken from 'fast-string-width';

/** @param rows the heading first; the last column is not padded. */
export function renderTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, columnsTaken(cell));
    });
  }
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - columnsTaken(cell)),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
