/**
 * JSON objects of one level, read out of bytes. A body may hold a key, in the right field or a wrong one, and what
 * JSON.parse has touched can't be taken out of memory again: so only what is known not to be one becomes text.
 */
import { Secret } from '../../secrets/secret.ts';
import { blank } from './blank.ts';

/** What a field may hold: a secret text, a word (see `isWord`), or true and false. */
export type FieldKind = 'secret' | 'word' | 'boolean';

export type FieldValue = Secret | string | boolean;

/** What is wrong with a body, in words that hold nothing of it. */
export class UnreadableBody extends Error {
  override readonly name = 'UnreadableBody';
  /** The known field whose value has a wrong type. */
  readonly field: string | undefined;

  constructor(message: string, field?: string) {
    super(message);
    this.field = field;
  }
}

/** Bytes: longer than any id, mode and duration that is asked for. */
const longestWord = 64;

/**
 * Reads an object whose values are texts, true and false. The bytes are only read; whoever gave them wipes them.
 * @returns the fields that were there; the secrets among them are copies outside of V8's heap, which the caller wipes.
 * @throws UnreadableBody for whatever is no such object, or has a field twice or that is not asked for. Then the
 * secrets that were read have been wiped.
 */
export function readFlatObject(
  bytes: Buffer,
  kinds: Readonly<Record<string, FieldKind>>,
): Map<string, FieldValue> {
  const found = new Map<string, FieldValue>();
  try {
    new Reader(bytes, kinds, found).read();
    return found;
  } catch (error) {
    for (const value of found.values()) if (Secret.is(value)) value.wipe();
    throw error;
  }
}

const space = new Set([0x20, 0x09, 0x0a, 0x0d]);
const quote = 0x22;
const backslash = 0x5c;
const escapes = new Map(
  [...'"\\/bfnrt'].map((letter, at) => [letter.charCodeAt(0), '"\\/\b\f\n\r\t'.charCodeAt(at)]),
);

class Reader {
  readonly #bytes: Buffer;
  readonly #kinds: ReadonlyMap<string, FieldKind>;
  readonly #found: Map<string, FieldValue>;
  #at = 0;

  constructor(bytes: Buffer, kinds: Readonly<Record<string, FieldKind>>, found: Map<string, FieldValue>) {
    this.#bytes = bytes;
    this.#kinds = new Map(Object.entries(kinds));
    this.#found = found;
  }

  read(): void {
    this.#expect('{', 'the body is no JSON object');
    if (this.#next() !== '}') {
      do this.#readField();
      while (this.#takes(','));
    }
    this.#expect('}', 'the body is no JSON');
    if (this.#next() !== '') throw new UnreadableBody('something stands behind the JSON object');
  }

  #readField(): void {
    const name = this.#fieldName();
    this.#expect(':', 'the body is no JSON');
    if (this.#found.has(name)) throw new UnreadableBody(`${name} stands there twice`, name);
    this.#found.set(name, this.#value(name, this.#kinds.get(name)));
  }

  /** A name that is not known stays bytes: it may be a key as well. */
  #fieldName(): string {
    const text = this.#text();
    try {
      for (const name of this.#kinds.keys()) if (text.equals(Buffer.from(name))) return name;
    } finally {
      text.fill(0);
    }
    throw new UnreadableBody(`the body has a field that is not known here`);
  }

  #value(name: string, kind: FieldKind | undefined): FieldValue {
    if (kind === 'boolean') {
      if (this.#takesWord('true')) return true;
      if (this.#takesWord('false')) return false;
      throw new UnreadableBody(`${name} is neither true nor false`, name);
    }
    if (this.#next() !== '"') throw new UnreadableBody(`${name} is no text`, name);
    const text = this.#text();
    if (kind === 'secret') return new Secret(text);
    try {
      if (!isWord(text)) throw new UnreadableBody(`${name} is not usable`, name);
      return text.toString('latin1');
    } finally {
      text.fill(0);
    }
  }

  /** A text in quotes, as a copy of its own memory. */
  #text(): Buffer {
    this.#expect('"', 'the body is no JSON');
    const start = this.#at;
    const end = this.#endOfText(start);
    const copy = blank(end - start);
    let length = 0;
    while (this.#at < end) length += this.#character(copy, length);
    this.#at = end + 1;
    if (length === copy.length) return copy;
    const exact = blank(length);
    copy.copy(exact, 0, 0, length);
    copy.fill(0);
    return exact;
  }

  #endOfText(start: number): number {
    for (let at = start; at < this.#bytes.length; at += 1) {
      const byte = this.#bytes[at];
      if (byte === quote) return at;
      if (byte === undefined || byte < 0x20) break;
      if (byte === backslash) at += 1;
    }
    throw new UnreadableBody('a text in the body does not end');
  }

  /** Writes one character, an escaped one as what it means. @returns how many bytes it has */
  #character(target: Buffer, offset: number): number {
    const byte = this.#bytes[this.#at] ?? 0;
    this.#at += 1;
    if (byte !== backslash) return target.writeUInt8(byte, offset) - offset;
    const letter = this.#bytes[this.#at] ?? 0;
    this.#at += 1;
    const meant = escapes.get(letter);
    if (meant !== undefined) return target.writeUInt8(meant, offset) - offset;
    const code = letter === 0x75 ? hexadecimal(this.#bytes.subarray(this.#at, this.#at + 4)) : undefined;
    // what is asked for here is ASCII, and every text that is longer than its bytes ends up refused
    if (code === undefined || code > 0x7f) throw new UnreadableBody('a text in the body is not usable');
    this.#at += 4;
    return target.writeUInt8(code, offset) - offset;
  }

  /** The next character that is no space, without taking it; empty at the end. */
  #next(): string {
    while (space.has(this.#bytes[this.#at] ?? -1)) this.#at += 1;
    const byte = this.#bytes[this.#at];
    return byte === undefined ? '' : String.fromCharCode(byte);
  }

  #takes(character: string): boolean {
    const isThere = this.#next() === character;
    if (isThere) this.#at += 1;
    return isThere;
  }

  #takesWord(word: string): boolean {
    this.#next();
    const isThere = this.#bytes.subarray(this.#at, this.#at + word.length).equals(Buffer.from(word));
    if (isThere) this.#at += word.length;
    return isThere;
  }

  #expect(character: string, problem: string): void {
    if (!this.#takes(character)) throw new UnreadableBody(problem);
  }
}

/** Letters, digits and `._-`: ids, modes, durations. A key in base64 is none, by the `=` at its end. */
function isWord(text: Buffer): boolean {
  if (text.length === 0 || text.length > longestWord) return false;
  return text.every(
    (byte) =>
      (byte >= 0x30 && byte <= 0x39) ||
      (byte >= 0x41 && byte <= 0x5a) ||
      (byte >= 0x61 && byte <= 0x7a) ||
      byte === 0x2e ||
      byte === 0x5f ||
      byte === 0x2d,
  );
}

/** The number that four hexadecimal digits spell. */
function hexadecimal(digits: Buffer): number | undefined {
  let value = 0;
  for (const byte of digits) {
    const digit = '0123456789abcdef'.indexOf(String.fromCharCode(byte | 0x20));
    if (digit < 0 || byte < 0x30) return undefined;
    value = value * 16 + digit;
  }
  return digits.length === 4 ? value : undefined;
}
