/** What must be true after a run, told as a list of faults: none when all is well. */

import { contentAt, markerIn, missingOf, objectOfSeen, type Told, toldBy } from './generations.ts';
import { bytes, contentsBelow, type Seen, type SeenTree, sha256 } from './look.ts';
import type { Ended } from './world.ts';

/** Nanoseconds that a time may be off: node sets one as a number of seconds, and before 1970 in milliseconds. */
const finest = (time: bigint): bigint => (time < 0n ? 1_000_000n : 1000n);

/** Control characters and bytes that are no text as results write them: `\xE9`. */
export function shown(path: string): string {
  const text = bytes(path);
  let made = '';
  for (let at = 0; at < text.length; ) {
    const length = [1, 2, 3, 4].find((size) => {
      const part = text.subarray(at, at + size);
      return part.length === size && isText(part);
    });
    const character = length === undefined ? undefined : text.toString('utf8', at, at + length);
    if (character === undefined || /^\p{Cc}$/u.test(character)) {
      for (const byte of text.subarray(at, at + (length ?? 1)))
        made += `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    } else made += character;
    at += length ?? 1;
  }
  return made;
}

function isText(part: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(part);
    return true;
  } catch {
    return false;
  }
}

/** The names that a file goes by, whichever of them each side calls the first. */
function groupsOf(tree: SeenTree, except: ReadonlySet<string>): ReadonlyMap<string, string> {
  const members = new Map<string, Set<string>>();
  for (const [path, { group }] of tree) {
    if (group === undefined) continue;
    const set = members.get(group) ?? new Set([group]);
    members.set(group, set.add(path));
  }
  const named = new Map<string, string>();
  for (const set of members.values()) {
    const present = [...set].filter((path) => tree.has(path) && !except.has(path)).sort();
    if (present.length > 1) for (const path of present) named.set(path, present.join('|'));
  }
  return named;
}

export interface Comparison {
  /** Paths that need not be the same. */
  readonly except?: ReadonlySet<string>;
  readonly contentOnly?: boolean;
}

export function differences(wanted: SeenTree, found: SeenTree, compared: Comparison = {}): string[] {
  const faults: string[] = [];
  const except = compared.except ?? new Set<string>();
  const [groups, others] = [groupsOf(wanted, except), groupsOf(found, except)];
  const paths = new Set([...wanted.keys(), ...found.keys()]);
  for (const path of paths) {
    if (except.has(path)) continue;
    const [a, b] = [wanted.get(path), found.get(path)];
    if (compared.contentOnly && ![a?.kind, b?.kind].some((kind) => kind === 'file' || kind === 'link'))
      continue;
    if (a === undefined || b === undefined) {
      faults.push(`${JSON.stringify(path)} is ${a === undefined ? 'too much' : 'missing'}`);
      continue;
    }
    const told = fieldsOf(a, b, compared).filter(([, one, other]) => one !== other);
    for (const [field, one, other] of told)
      faults.push(`${JSON.stringify(path)}: ${field} is ${String(other)} instead of ${String(one)}`);
    if (!compared.contentOnly && groups.get(path) !== others.get(path))
      faults.push(
        `${JSON.stringify(path)}: its names are ${others.get(path)} instead of ${groups.get(path)}`,
      );
  }
  return faults;
}

type Field = readonly [string, unknown, unknown];

function fieldsOf(a: Seen, b: Seen, { contentOnly }: Comparison): Field[] {
  const content: Field[] = [
    ['kind', a.kind, b.kind],
    ['size', a.size, b.size],
    ['hash', a.hash, b.hash],
    ['target', a.target, b.target],
  ];
  if (contentOnly) return content;
  const difference = a.mtime > b.mtime ? a.mtime - b.mtime : b.mtime - a.mtime;
  const isSame = difference < finest(a.mtime);
  return [
    ...content,
    ...(isSame ? [] : [['mtime', a.mtime, b.mtime] as const]),
    // a link's mode is always the same
    ...(a.kind === 'link' ? [] : [['mode', a.mode.toString(8), b.mode.toString(8)] as const]),
    ['uid', a.uid, b.uid],
    ['gid', a.gid, b.gid],
    ['attributes', a.attributes, b.attributes],
  ];
}

/** The last committed generation as it lies at a place must be what it says, object by object. */
export function faultsOfPlace(copy: string): { readonly told: Told | undefined; readonly faults: string[] } {
  const marker = markerIn(copy);
  if (marker === undefined) return { told: undefined, faults: [] };
  const told = toldBy(copy, marker.manifest.file);
  if (told.id !== marker.id)
    return { told, faults: [`the manifest is of ${told.id}, the marker of ${marker.id}`] };
  return { told, faults: [] };
}

/** Every object of a generation lies under its own name, with the content that is told. */
export function faultsOfObjects(copy: string, { tree }: Told, except: ReadonlySet<string>): string[] {
  return [...tree].flatMap(([path, seen]) => {
    const object = objectOfSeen(path, seen);
    if (object === undefined || except.has(path)) return [];
    const content = contentAt(copy, object);
    if (content === undefined) return [`the object ${JSON.stringify(object)} is not there`];
    if (seen.kind === 'link')
      return content.toString('latin1') === seen.target ? [] : [`${JSON.stringify(object)} leads elsewhere`];
    return sha256(content) === seen.hash ? [] : [`${JSON.stringify(object)} is not what is told of it`];
  });
}

/** What lies at a place under no entry of its generation. */
export function strayObjects(copy: string, found: SeenTree, { tree }: Told): string[] {
  const objects = new Set([...tree].flatMap(([path, seen]) => objectOfSeen(path, seen) ?? []));
  return [...found]
    .filter(([path, { kind }]) => kind !== 'directory' && !objects.has(path))
    .map(([path]) => `${JSON.stringify(path)} lies in ${copy} and belongs to nothing`);
}

/** Contents that were somewhere before a run and are nowhere after it. */
export function lostContents(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): string[] {
  return [...before]
    .filter(([hash]) => !after.has(hash))
    .map(([, path]) => `the content of ${path} is nowhere any more`);
}

export function everyContent(...directories: readonly string[]): Map<string, string> {
  return new Map(directories.flatMap((directory) => [...contentsBelow(directory)]));
}

export { missingOf };

export function endedAs(ended: Ended): string {
  return ended.kind === 'done' ? 'done' : `${ended.error.code}: ${ended.error.message}`;
}
