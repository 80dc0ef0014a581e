/**
 * The record: what this machine knows of a place and of the tree that it holds there, one file a place. It is text, a
 * line for the head, a line for some entries of one directory at a time in the order of `comparePaths`, and a line that
 * says that it is whole; so it is read, compared and written as a stream. A record that can't be read is none.
 */
import { renameSync } from 'node:fs';
import { dirname } from 'node:path';
import type { PlaceFeatures } from '../../remotes/place.ts';
import { syncDirectory } from '../../system/files.ts';
import { directoryOf, joined } from '../../system/names.ts';
import { type EntryKind, entryKinds, type StampedEntry } from './entry.ts';
import { isWhole, linesIn, parseLine, RecordTorn, writeLines } from './record-file.ts';

/** What the record says of the place as a whole. */
export interface RecordHead {
  /** Identifies the place; a record of another one says nothing. */
  readonly place: string;
  /** The directory of this machine that lies there. */
  readonly source: string;
  /** The committed state that both sides were at; 0 and empty before the first commit. */
  readonly generation: number;
  readonly id: string;
  /** ISO 8601, of the commit, and of the last look at the whole remote. */
  readonly at: string;
  readonly fullAt: string;
  /** The manifest of the generation, and how long its chain of deltas is. */
  readonly manifest: ManifestChain | undefined;
  /** Number and time of every generation that still has a trash. */
  readonly trash: readonly (readonly [generation: number, at: string])[];
  /** Whether the remote keeps the times that it is given; undefined until it was looked at. */
  readonly keepsTimes?: boolean | undefined;
  /** What the place could do when the record was written. */
  readonly features?: PlaceFeatures | undefined;
  /** What of the mapping a base for both directions depends on; another one says nothing to it. */
  readonly scope: string;
  /** The manifest is under the seal of the vault. */
  readonly sealed: boolean;
  /** What was here was taken away after it had been sent: the record says where the place was, and nothing of what is here. */
  readonly isVacated?: boolean | undefined;
}

export interface ManifestChain {
  readonly file: string;
  /** Deltas since the last full one. */
  readonly deltas: number;
  /** Bytes of these deltas, and of the full one. */
  readonly deltaBytes: number;
  readonly fullBytes: number;
}

export interface RecordEntry extends StampedEntry {
  /** It lies on the remote and no longer here: a copy deletes nothing. */
  readonly isGone?: boolean | undefined;
}

const version = 1;
/** Entries in a line: enough to be quick, few enough for a directory of any size. */
const entriesPerLine = 512;

interface Extras {
  readonly l?: string;
  readonly v?: string;
  readonly g?: string;
  readonly x?: Readonly<Record<string, string>>;
  readonly t?: string;
  readonly h?: string;
  readonly o?: 1;
}
type Packed = [string, number, number, string, number, number, number, string, string, string, Extras?];

/** Writes a record beside the final place; `publishRecord` puts it there. Durable when this returns. */
export function writeRecord(path: string, head: RecordHead, entries: Iterable<RecordEntry>): void {
  writeLines(path, ({ line, end }) => {
    line(headLine(head));
    let count = 0;
    for (const one of linesOf(entries)) {
      count += one.e.length;
      line(one);
    }
    end(count);
  });
}

export function headLine(head: RecordHead): object {
  return { cryptosync: 'record', version, ...head };
}

/** Puts a record that was written into its place, in one step. */
export function publishRecord(written: string, path: string): void {
  renameSync(written, path);
  syncDirectory(dirname(path));
}

/** Writes a record and puts it into its place. */
export function replaceRecord(path: string, head: RecordHead, entries: Iterable<RecordEntry>): void {
  writeRecord(`${path}.next`, head, entries);
  publishRecord(`${path}.next`, path);
}

interface Line {
  /** The directory, and what of it stands in this line. */
  readonly d: string;
  readonly e: Packed[];
}

export function* linesOf(entries: Iterable<RecordEntry>): Generator<Line> {
  let directory: string | undefined;
  let packed: Packed[] = [];
  for (const entry of entries) {
    const own = entry.path === '' ? '' : directoryOf(entry.path);
    if (directory !== undefined && (own !== directory || packed.length >= entriesPerLine)) {
      yield { d: directory, e: packed };
      packed = [];
    }
    directory = own;
    packed.push(pack(entry));
  }
  if (directory !== undefined) yield { d: directory, e: packed };
}

function pack(entry: RecordEntry): Packed {
  const { path, kind, size, mtime, mode, uid, gid, ctime, inode, hash = '' } = entry;
  const extras: Extras = {
    ...(entry.target !== undefined && { l: entry.target }),
    ...(entry.device !== undefined && { v: entry.device }),
    ...(entry.group !== undefined && { g: entry.group }),
    ...(entry.attributes !== undefined && { x: entry.attributes }),
    ...(entry.there !== undefined && { t: String(entry.there) }),
    ...(entry.listedHash !== undefined && { h: entry.listedHash }),
    ...(entry.isGone === true && { o: 1 as const }),
  };
  const name = path.slice(path.lastIndexOf('/') + 1);
  const fields: Packed = [
    name,
    entryKinds.indexOf(kind),
    size,
    String(mtime),
    mode,
    uid,
    gid,
    String(ctime),
    String(inode),
    hash,
  ];
  if (Object.keys(extras).length > 0) fields.push(extras);
  return fields;
}

export interface OpenRecord {
  readonly head: RecordHead;
  /** Where it lies. */
  readonly file: string;
  /** Each call reads the file anew, as a stream. @throws RecordTorn when it was changed since it was opened */
  entries(): Generator<RecordEntry>;
}

/** @returns undefined when there is none, or none that can be believed. @throws the system's error */
export function openRecord(path: string): OpenRecord | undefined {
  if (!isWhole(path)) return undefined;
  const lines = linesIn(path);
  try {
    const first = lines.next();
    const head = first.done ? undefined : headOf(first.value);
    return head === undefined ? undefined : { head, file: path, entries: () => entriesIn(path) };
  } catch (error) {
    if (error instanceof RecordTorn) return undefined;
    throw error;
  } finally {
    lines.return(undefined);
  }
}

function* entriesIn(path: string): Generator<RecordEntry> {
  const lines = linesIn(path);
  let count = 0;
  let isWhole = false;
  let isHead = true;
  for (const text of lines) {
    if (isHead) {
      isHead = false;
      continue;
    }
    const line = parseLine(text) as { d?: unknown; e?: unknown; end?: unknown } | null;
    if (typeof line?.end === 'number') {
      isWhole = line.end === count;
      break;
    }
    for (const entry of entriesOf(line, path)) {
      count += 1;
      yield entry;
    }
  }
  if (!isWhole) throw new RecordTorn(path);
}

/** The entries of a line. @param file for the error. @throws RecordTorn */
export function* entriesOf(
  line: { readonly d?: unknown; readonly e?: unknown } | null,
  file: string,
): Generator<RecordEntry> {
  if (typeof line?.d !== 'string' || !Array.isArray(line.e)) throw new RecordTorn(file);
  for (const packed of line.e as unknown[]) yield unpack(line.d, packed, file);
}

function unpack(directory: string, packed: unknown, file: string): RecordEntry {
  if (!Array.isArray(packed)) throw new RecordTorn(file);
  const [name, kind, size, mtime, mode, uid, gid, ctime, inode, hash, extras] = packed as Packed;
  const found: EntryKind | undefined = entryKinds[kind];
  const isRight =
    typeof name === 'string' &&
    found !== undefined &&
    isCount(size) &&
    isCount(mode) &&
    isCount(uid) &&
    isCount(gid) &&
    typeof hash === 'string';
  if (!isRight) throw new RecordTorn(file);
  const entry = {
    path: name === '' ? '' : joined(directory, name),
    kind: found,
    size,
    mtime: whole(mtime, file),
    mode,
    uid,
    gid,
    ctime: whole(ctime, file),
    inode: whole(inode, file),
    ...(hash !== '' && { hash }),
  };
  return extras === undefined ? entry : { ...entry, ...unpackExtras(extras, file) };
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function whole(text: unknown, file: string): bigint {
  if (typeof text !== 'string' || !wholeNumber.test(text)) throw new RecordTorn(file);
  return BigInt(text);
}

const wholeNumber = /^-?\d{1,24}$/;

function unpackExtras(extras: Extras, file: string): Partial<RecordEntry> {
  if (typeof extras !== 'object' || extras === null) throw new RecordTorn(file);
  const { l, v, g, x, t, h, o } = extras;
  return {
    ...(typeof l === 'string' && { target: l }),
    ...(typeof v === 'string' && { device: v }),
    ...(typeof g === 'string' && { group: g }),
    ...(isTexts(x) && { attributes: x }),
    ...(typeof t === 'string' && wholeNumber.test(t) && { there: BigInt(t) }),
    ...(typeof h === 'string' && /^(sha1|md5):[0-9a-f]+$/.test(h) && { listedHash: h }),
    ...(o === 1 && { isGone: true }),
  };
}

function isTexts(value: unknown): value is Record<string, string> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((text) => typeof text === 'string')
  );
}

function headOf(text: string): RecordHead | undefined {
  const value = parseLine(text) as Partial<
    Record<keyof RecordHead | 'cryptosync' | 'version', unknown>
  > | null;
  if (value?.cryptosync !== 'record' || value.version !== version) return undefined;
  const { place, source, generation, id, at, fullAt, scope, sealed } = value;
  const texts = [place, source, id, at, fullAt, scope];
  if (!texts.every((field) => typeof field === 'string')) return undefined;
  if (!Number.isSafeInteger(generation) || (generation as number) < 0) return undefined;
  if (!isTime(at) || !isTime(fullAt) || typeof sealed !== 'boolean') return undefined;
  return {
    place: place as string,
    source: source as string,
    generation: generation as number,
    id: id as string,
    at: at as string,
    fullAt: fullAt as string,
    manifest: chainOf(value.manifest),
    trash: trashOf(value.trash),
    scope: scope as string,
    sealed,
    ...(typeof value.keepsTimes === 'boolean' && { keepsTimes: value.keepsTimes }),
    ...(value.isVacated === true && { isVacated: true }),
    ...(isFeatures(value.features) && { features: value.features }),
  };
}

function isFeatures(value: unknown): value is PlaceFeatures {
  return typeof value === 'object' && value !== null;
}

function chainOf(value: unknown): ManifestChain | undefined {
  const chain = value as Partial<ManifestChain> | undefined | null;
  const numbers = [chain?.deltas, chain?.deltaBytes, chain?.fullBytes];
  if (typeof chain?.file !== 'string' || !numbers.every((n) => Number.isSafeInteger(n))) return undefined;
  return chain as ManifestChain;
}

function trashOf(value: unknown): [number, string][] {
  if (!Array.isArray(value)) return [];
  return value.filter(
    (pair): pair is [number, string] =>
      Array.isArray(pair) && Number.isSafeInteger(pair[0]) && isTime(pair[1]),
  );
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}
