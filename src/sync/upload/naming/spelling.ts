/**
 * Names that a place may take for one another, and names as its listing writes them (hazards.md R41). rclone lists a
 * control character as the sign that stands for it, a quote mark before what is such a sign itself, and a listing in XML
 * makes a line feed of a CR.
 */
import type { PlaceFeatures } from '../../../remotes/place.ts';
import { ancestorsOf } from '../../../system/names.ts';

/** Control characters, U+2400 to U+241F and U+2421 for them, and the quote U+201B. */
const odd = /[\p{Cc}\u2400-\u241f\u2421\u201b]/u;
const deleted = 0x7f;
const firstSign = 0x2400;

type Naming = Pick<PlaceFeatures, 'ignoresCase' | 'respellsNames'>;

/** Whether a name may have others that the place takes for it, where it keeps upper and lower case apart. */
export function isOdd(object: string): boolean {
  return odd.test(object);
}

/** Names that are one and the same at a place have one key. */
export function keyAt(object: string, { ignoresCase, respellsNames }: Naming): string {
  const spelled = respellsNames && isOdd(object) ? signed(object) : object;
  return ignoresCase ? spelled.normalize('NFC').toLowerCase() : spelled;
}

function signed(object: string): string {
  return object
    .replaceAll('\u201b', '')
    .replaceAll(/\p{Cc}/gu, (character) => {
      const code = character.charCodeAt(0);
      if (code < 0x20) return String.fromCharCode(firstSign + code);
      return code === deleted ? '\u2421' : character;
    })
    .replaceAll('\u240d', '\u240a');
}

/** How a place's listing writes names, and what it says nothing right about. */
export interface Spelling {
  /** What a path of the listing is here: an object that it stands for, or itself. */
  readonly spelled: (listed: string) => string;
  /** Objects whose size and time a listing in XML may not tell: they are asked for by name. */
  readonly garbled: readonly string[];
}

/** Whether a listing in XML tells nothing right of an object: it is asked for by its name. */
export function isGarbled(object: string): boolean {
  return object.includes('\r');
}

/** @param objects that are known to be there, or are about to be */
export function spellingOf(
  objects: Iterable<string>,
  { respellsNames }: Pick<PlaceFeatures, 'respellsNames'>,
): Spelling {
  if (!respellsNames) return asListed;
  const own = new Map<string, string>();
  const garbled = new Set<string>();
  for (const object of objects) {
    if (!isOdd(object)) continue;
    for (const path of [object, ...ancestorsOf(object)]) own.set(signed(path), path);
    if (isGarbled(object)) garbled.add(object);
  }
  if (own.size === 0) return asListed;
  const spelled = (listed: string): string => (isOdd(listed) ? (own.get(signed(listed)) ?? listed) : listed);
  return { spelled, garbled: [...garbled] };
}

export const asListed: Spelling = { spelled: (listed) => listed, garbled: [] };
