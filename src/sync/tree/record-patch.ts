/**
 * A record written anew with some entries replaced: a run that changed five of fifty thousand files reads and writes
 * the lines of their directories, and copies all others as they stand, under the checksum that they were written with.
 */
import { compareDirectories, comparePaths, directoryOf } from '../../system/names.ts';
import { patched } from './difference.ts';
import {
  entriesOf,
  headLine,
  linesOf,
  type OpenRecord,
  publishRecord,
  type RecordEntry,
  type RecordHead,
} from './record.ts';
import { parseLine, type RecordWriter, verifiedLinesIn, writeLines } from './record-file.ts';

/** By path; null for what is gone. */
export type RecordChanges = ReadonlyMap<string, RecordEntry | null>;

/**
 * Writes what a record says with some of its entries replaced, added or taken away. Durable when this returns.
 * @throws RecordTorn when the record was changed since it was opened
 */
export function writePatched(
  path: string,
  head: RecordHead,
  { file }: Pick<OpenRecord, 'file'>,
  changes: RecordChanges,
): void {
  writeLines(path, (writer) => {
    writer.line(headLine(head));
    writer.end(copyPatched(file, changes, writer));
  });
}

/** Writes such a record, and puts it into its place. */
export function patchRecord(
  path: string,
  head: RecordHead,
  record: Pick<OpenRecord, 'file'>,
  changes: RecordChanges,
): void {
  writePatched(`${path}.next`, head, record, changes);
  publishRecord(`${path}.next`, path);
}

/** @returns how many entries there are now */
function copyPatched(file: string, changes: RecordChanges, writer: RecordWriter): number {
  const groups = changesByDirectory(changes);
  let [written, read, next] = [0, 0, 0];
  const write = (known: Iterable<RecordEntry>): void => {
    for (const line of linesOf(patched(known, new Map(groups[next]?.changes)))) {
      written += line.e.length;
      writer.line(line);
    }
    next += 1;
  };
  const lines = verifiedLinesIn(file);
  lines.next(); // the head
  let line = lines.next();
  while (!line.done) {
    const directory = directoryIn(line.value);
    const order = compareDirectories(groups[next]?.directory ?? directory, directory);
    if (next < groups.length && order < 0) write([]);
    else if (next < groups.length && order === 0) write(entriesOfDirectory(directory));
    else {
      writer.copy(line.value);
      line = lines.next();
    }
  }
  while (next < groups.length) write([]);
  return line.value - read + written;

  /** Of all lines that a directory has. */
  function* entriesOfDirectory(directory: string): Generator<RecordEntry> {
    while (!line.done && directoryIn(line.value) === directory) {
      for (const entry of entriesOf(parseLine(line.value.toString('utf8')) as object, file)) {
        read += 1;
        yield entry;
      }
      line = lines.next();
    }
  }
}

interface Group {
  readonly directory: string;
  readonly changes: readonly (readonly [string, RecordEntry | null])[];
}

function changesByDirectory(changes: RecordChanges): Group[] {
  const groups = Map.groupBy(changes, ([path]) => (path === '' ? '' : directoryOf(path)));
  return [...groups]
    .map(([directory, own]) => ({ directory, changes: own.sort(([a], [b]) => comparePaths(a, b)) }))
    .sort((a, b) => compareDirectories(a.directory, b.directory));
}

const begin = '{"d":';
/** What stands behind the directory's name: in a name every quotation mark has a backslash before it. */
const behind = Buffer.from('","e":[');

function directoryIn(line: Buffer): string {
  return parseLine(line.toString('utf8', begin.length, line.indexOf(behind) + 1)) as string;
}
