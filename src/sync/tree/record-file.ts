/**
 * The file that a record lies in: lines of JSON, and a last one that says how many entries and which checksum belong to
 * it. Whatever is torn, cut or changed in it is seen before anything of it is believed.
 */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { crc32 } from 'node:zlib';
import { errnoOf } from '../../system/errors.ts';
import { isAbsence } from '../../system/files.ts';
import { named } from '../../system/paths/held-directory.ts';

/** A record that ends or breaks in its midst. */
export class RecordTorn extends Error {}

/** Bytes that a line may have: some hundred entries with the longest names that there are. */
const longestLine = 16 * 1024 * 1024;
const chunkSize = 1024 * 1024;
/** Bytes that the last line has at the most. */
const longestEnd = 128;

export interface RecordWriter {
  line(value: object): void;
  /** A line of another record, with the line feed at its end. */
  copy(line: Buffer): void;
  /** Writes the last line, and makes all of it durable. @param entries how many there are */
  end(entries: number): void;
}

/** Writes a new file, in the place of whatever stands at the path; half of one is not left as the whole. */
export function writeLines(path: string, fill: (writer: RecordWriter) => void): void {
  removeIfThere(path);
  const descriptor = named(path, () => openSync(path, 'wx', 0o600));
  let pieces: Buffer[] = [];
  let [size, checksum] = [0, 0];
  const flush = (): void => {
    const bytes = Buffer.concat(pieces);
    checksum = crc32(bytes, checksum);
    for (let at = 0; at < bytes.length; ) at += named(path, () => writeSync(descriptor, bytes, at));
    pieces = [];
    size = 0;
  };
  const add = (piece: Buffer): void => {
    pieces.push(piece);
    size += piece.length;
    if (size > chunkSize) flush();
  };
  const line = (value: object): void => add(Buffer.from(`${JSON.stringify(value)}\n`, 'utf8'));
  try {
    fill({
      line,
      copy: (other) => add(Buffer.from(other)),
      end(entries) {
        flush();
        line(endOf(entries, checksum));
        flush();
        named(path, () => fsyncSync(descriptor));
      },
    });
  } finally {
    closeSync(descriptor);
  }
}

/** The last line: its own count is under the checksum, too. */
function endOf(entries: number, checksum: number): { end: number; crc32: number } {
  return { end: entries, crc32: crc32(String(entries), checksum) };
}

export function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isAbsence(error)) throw error;
  }
}

/** Whether a file is there and is, to its last byte, what was written. @throws the system's error when it can't be read */
export function isWhole(path: string): boolean {
  const descriptor = openIfFile(path);
  if (descriptor === undefined) return false;
  try {
    const { size } = fstatSync(descriptor);
    const tail = Buffer.alloc(Math.min(size, longestEnd));
    readSync(descriptor, tail, 0, tail.length, size - tail.length);
    const begin = tail.lastIndexOf('\n', -2) + 1;
    if (begin === 0 || tail.at(-1) !== 10) return false;
    const last = tail.toString('utf8', begin, tail.length - 1);
    const entries = (parseLine(last) as { end?: unknown } | null)?.end;
    if (typeof entries !== 'number') return false;
    return last === JSON.stringify(endOf(entries, checksumOf(descriptor, size - tail.length + begin)));
  } catch (error) {
    if (error instanceof RecordTorn) return false;
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** No longer than what is read: of many small records each would cost V8 a megabyte to look after. */
function chunkFor(size: number): Buffer {
  return Buffer.allocUnsafe(Math.min(chunkSize, size + 1));
}

function checksumOf(descriptor: number, size: number): number {
  const buffer = chunkFor(size);
  let checksum = 0;
  for (let at = 0; at < size; ) {
    const read = readSync(descriptor, buffer, 0, Math.min(buffer.length, size - at), at);
    if (read === 0) return -1;
    checksum = crc32(buffer.subarray(0, read), checksum);
    at += read;
  }
  return checksum;
}

/** Neither a link is followed, nor is a FIFO waited for. @returns undefined when no file stands there */
function openIfFile(path: string): number | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isAbsence(error) || ['ELOOP', 'ENXIO'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
  if (fstatSync(descriptor).isFile()) return descriptor;
  closeSync(descriptor);
  return undefined;
}

/** @throws RecordTorn */
export function parseLine(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RecordTorn('a line is no JSON');
  }
}

/** The lines of a file, as a stream. @throws RecordTorn when the last one has no end, or there is no file */
export function* linesIn(path: string): Generator<string> {
  for (const line of rawLinesIn(path)) yield line.toString('utf8', 0, line.length - 1);
}

/**
 * The lines of a file but for the last one, as they stand there; each is to be used before the next one is asked for.
 * @returns the entries that the last one tells. @throws RecordTorn when they are not what was written
 */
export function* verifiedLinesIn(path: string): Generator<Buffer, number> {
  let checksum = 0;
  for (const line of rawLinesIn(path)) {
    if (line.subarray(0, endBegin.length).equals(endBegin)) {
      const last = line.toString('utf8', 0, line.length - 1);
      const entries = (parseLine(last) as { end?: unknown }).end;
      if (typeof entries === 'number' && last === JSON.stringify(endOf(entries, checksum))) return entries;
      break;
    }
    checksum = crc32(line, checksum);
    yield line;
  }
  throw new RecordTorn(path);
}

const endBegin = Buffer.from('{"end":');

/** Each with the line feed at its end, in a buffer that is filled anew. */
function* rawLinesIn(path: string): Generator<Buffer> {
  const descriptor = openIfFile(path);
  if (descriptor === undefined) throw new RecordTorn(path);
  try {
    const buffer = chunkFor(fstatSync(descriptor).size);
    let rest: Buffer[] = [];
    let held = 0;
    for (;;) {
      const read = readSync(descriptor, buffer, 0, buffer.length, null);
      if (read === 0) break;
      let from = 0;
      for (let end = buffer.indexOf(10, from); end >= 0 && end < read; end = buffer.indexOf(10, from)) {
        const piece = buffer.subarray(from, end + 1);
        yield rest.length === 0 ? piece : Buffer.concat([...rest, piece]);
        rest = [];
        held = 0;
        from = end + 1;
      }
      if (from < read) rest.push(Buffer.from(buffer.subarray(from, read)));
      held += read - from;
      if (held > longestLine) throw new RecordTorn(path);
    }
    if (rest.length > 0) throw new RecordTorn(path);
  } finally {
    closeSync(descriptor);
  }
}
