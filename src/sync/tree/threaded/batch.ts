/** Entries as one thread hands them to another: in columns, because objects one by one cost more than the look itself. */
import type { EntryKind, StampedEntry } from '../entry.ts';
import type { Seen } from '../scan.ts';

/** What few entries have. */
interface Rare {
  readonly linked?: string | undefined;
  readonly target?: string | undefined;
  readonly device?: string | undefined;
}

export interface Batch {
  /** Each with a NUL behind it, which no path has. */
  readonly paths: string;
  /** Of each entry: size, kind and mode, user, group. */
  readonly numbers: Float64Array<ArrayBuffer>;
  /** Of each entry: mtime, ctime, inode. */
  readonly stamps: BigInt64Array<ArrayBuffer>;
  /** By the place of the entry. */
  readonly rare: ReadonlyMap<number, Rare>;
}

const kinds: readonly EntryKind[] = ['file', 'directory', 'link', 'fifo', 'socket', 'block', 'character'];
/** The bits of a mode that an entry keeps end below. */
const kindUnit = 0o10000;

export function packed(seen: readonly Seen[]): Batch {
  const numbers = new Float64Array(seen.length * 4);
  const stamps = new BigInt64Array(seen.length * 3);
  const rare = new Map<number, Rare>();
  let paths = '';
  for (const [index, { entry, linked }] of seen.entries()) {
    const { path, kind, size, mode, uid, gid, mtime, ctime, inode, target, device } = entry;
    paths += `${path}\0`;
    numbers[index * 4] = size;
    numbers[index * 4 + 1] = kinds.indexOf(kind) * kindUnit + mode;
    numbers[index * 4 + 2] = uid;
    numbers[index * 4 + 3] = gid;
    stamps[index * 3] = mtime;
    stamps[index * 3 + 1] = ctime;
    stamps[index * 3 + 2] = BigInt.asIntN(64, inode);
    if (linked !== undefined || target !== undefined || device !== undefined)
      rare.set(index, { linked, target, device });
  }
  return { paths, numbers, stamps, rare };
}

export function* unpacked({ paths, numbers, stamps, rare }: Batch): Generator<Seen> {
  let from = 0;
  for (let index = 0; index * 4 < numbers.length; index += 1) {
    const end = paths.indexOf('\0', from);
    const path = paths.slice(from, end);
    from = end + 1;
    const bits = numbers[index * 4 + 1] ?? 0;
    const entry: StampedEntry = {
      path,
      kind: kinds[Math.floor(bits / kindUnit)] ?? 'file',
      size: numbers[index * 4] ?? 0,
      mtime: stamps[index * 3] ?? 0n,
      mode: bits % kindUnit,
      uid: numbers[index * 4 + 2] ?? 0,
      gid: numbers[index * 4 + 3] ?? 0,
      ctime: stamps[index * 3 + 1] ?? 0n,
      inode: BigInt.asUintN(64, stamps[index * 3 + 2] ?? 0n),
    };
    const more = rare.get(index);
    yield more === undefined ? { entry } : withRare(entry, more);
  }
}

function withRare(entry: StampedEntry, { linked, target, device }: Rare): Seen {
  const whole = {
    ...entry,
    ...(target !== undefined && { target }),
    ...(device !== undefined && { device }),
  };
  return { entry: whole, linked };
}
