/**
 * The memory of a process that it has ever written to. What was only set aside, such as the most of what V8 and Go ask
 * for, holds nothing and is not read: it is many times as much.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

export interface Piece {
  readonly memory: Buffer;
  /** So many bytes at its beginning were the end of the piece before. */
  readonly seen: number;
}

/** The most that is looked at in one piece, in bytes. */
const longestPiece = 64 * 1024 * 1024;
/** So much of a piece is looked at again with the next, for what lies across. */
const overlap = 256;

const pageSize = Number(execFileSync('getconf', ['PAGESIZE'], { encoding: 'utf8' }));
/** Pages whose entries are read at once, of eight bytes each. */
const entriesAtOnce = 64 * 1024;

/** From the first address to before the last. */
type Range = readonly [number, number];

/** @returns piece by piece what lies side by side; nothing of a process that has ended */
export function* memoryOf(pid: number): Generator<Piece> {
  const open: number[] = [];
  try {
    const maps = readFileSync(`/proc/${pid}/maps`, 'utf8');
    for (const name of ['mem', 'pagemap']) open.push(openSync(`/proc/${pid}/${name}`, 'r'));
    const [memory = -1, entries = -1] = open;
    for (const range of joined(touchedRanges(maps, entries))) yield* piecesOf(memory, range);
  } catch (error) {
    if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    for (const descriptor of open) closeSync(descriptor);
  }
}

/** What can be written and was touched, in the order of the addresses. What can't be written holds nothing of a key. */
function* touchedRanges(maps: string, entries: number): Generator<Range> {
  for (const line of maps.split('\n')) {
    const [, from = '', to = '', access = ''] = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(line) ?? [];
    if (!access.startsWith('rw') || /\[v/.test(line)) continue;
    const [start, end] = [Number.parseInt(from, 16), Number.parseInt(to, 16)];
    // of what is shared the entries tell only what this process has touched of it
    if (access.endsWith('s')) yield [start, end];
    else yield* touchedPages(entries, start, end);
  }
}

/** Pages that are present or swapped out: bits 63 and 62 of an entry, in its last byte. */
function* touchedPages(entries: number, start: number, end: number): Generator<Range> {
  for (let at = start; at < end; at += entriesAtOnce * pageSize) {
    const count = Math.min(entriesAtOnce, (end - at) / pageSize);
    const told = Buffer.alloc(count * 8);
    if (readSync(entries, told, 0, told.length, (at / pageSize) * 8) < told.length) return; // it is ending
    for (let page = 0; page < count; page += 1) {
      const isTouched = ((told[page * 8 + 7] ?? 0) & 0xc0) !== 0;
      if (isTouched) yield [at + page * pageSize, at + (page + 1) * pageSize];
    }
  }
}

/** The same with what adjoins in one. */
function* joined(ranges: Iterable<Range>): Generator<Range> {
  let [start, end] = [0, 0];
  for (const [from, to] of ranges) {
    if (from !== end) {
      if (end > start) yield [start, end];
      start = from;
    }
    end = to;
  }
  if (end > start) yield [start, end];
}

function* piecesOf(descriptor: number, [start, end]: Range): Generator<Piece> {
  for (let at = start; at < end; at += longestPiece) {
    const seen = at === start ? 0 : overlap;
    const memory = Buffer.allocUnsafe(Math.min(end, at + longestPiece) - at + seen);
    let length = 0;
    try {
      while (length < memory.length) {
        const read = readSync(descriptor, memory, length, memory.length - length, at - seen + length);
        if (read === 0) break;
        length += read;
      }
    } catch {
      // what devices have there can't be read, nor what was given back meanwhile
    }
    yield { memory: memory.subarray(0, length), seen };
  }
}
