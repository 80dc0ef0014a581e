/**
 * Names of files are bytes, not text. Here a name is a string that loses none of them: what is UTF-8 is decoded as such,
 * and a byte that is not stands as one lone surrogate, U+DC80 to U+DCFF (as Python's PEP 383 has it). So ordinary
 * names are ordinary strings, and every name has exactly one string.
 */
import { readdirSync } from 'node:fs';

const firstEscape = 0xdc80;
const lastEscape = 0xdcff;

/** The string of a name. @param bytes as the kernel gives them */
export function nameOfBytes(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  // the replacement character may also be a real part of the name
  if (!text.includes('\ufffd') || Buffer.from(text, 'utf8').equals(bytes)) return text;
  let name = '';
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    name +=
      length === 0 ? String.fromCharCode(0xdc00 + (bytes[at] ?? 0)) : bytes.toString('utf8', at, at + length);
    at += Math.max(length, 1);
  }
  return name;
}

/** Bytes of the valid UTF-8 sequence that begins at `at`; 0 when none does. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  const length =
    first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  const part = bytes.subarray(at, at + length);
  return Buffer.from(part.toString('utf8'), 'utf8').equals(part) ? length : 0;
}

/** Whether a name is one that no text can hold. */
export function isBytes(name: string): boolean {
  return !name.isWellFormed();
}

/** What a system call is given for a path: the string itself, or its bytes where no text can hold them. */
export function systemPath(path: string): string | Buffer {
  return isBytes(path) ? bytesOfName(path) : path;
}

/** The names in a directory, in no order. @throws the system's error */
export function readNames(directory: string | Buffer): string[] {
  const names = readdirSync(directory);
  if (!names.some((name) => name.includes('\ufffd'))) return names;
  return readdirSync(directory, { encoding: 'buffer' }).map(nameOfBytes);
}

export function bytesOfName(name: string): Buffer {
  if (!isBytes(name)) return Buffer.from(name, 'utf8');
  const parts: Buffer[] = [];
  let plain = '';
  for (const character of name) {
    const code = character.codePointAt(0) ?? 0;
    if (code < firstEscape || code > lastEscape) {
      plain += character;
      continue;
    }
    parts.push(Buffer.from(plain, 'utf8'), Buffer.from([code - 0xdc00]));
    plain = '';
  }
  parts.push(Buffer.from(plain, 'utf8'));
  return Buffer.concat(parts);
}

/** A path for people: bytes that are no text, and control characters, are written as `\xE9`. */
export function shownPath(path: string): string {
  return path.replaceAll(/[\p{Cc}\uDC80-\uDCFF]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const byte = code >= firstEscape ? code - 0xdc00 : code;
    return `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

/** A shown path as a message has room for it: of a very long one its beginning and its end. */
export function inShort(shown: string): string {
  return shown.length <= 300 ? shown : `${shown.slice(0, 150)}…${shown.slice(-149)}`;
}

/** The directory of a relative path; the root is the empty string. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

export function joined(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`;
}

/** The directories above a path, the nearest first, without the root. */
export function ancestorsOf(path: string): string[] {
  const found: string[] = [];
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
    found.push(path.slice(0, at));
  return found;
}

/**
 * The order of all trees: first a directory's own entries by name, then each of its directories in turn. Negative when
 * `a` comes before `b`.
 */
export function comparePaths(a: string, b: string): number {
  if (a === b) return 0;
  const above = compareDirectories(directoryOf(a), directoryOf(b));
  return above !== 0 ? above : compareNames(a, b);
}

/** Whether a path is a directory's own, or below it; both are absolute and tidy. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === '/' ? directory : `${directory}/`);
}

/** The order in which directories come in one of paths: what lies directly in one before what lies further below. */
export function compareDirectories(a: string, b: string): number {
  // a slash is less than any character of a name
  return a === b ? 0 : compareNames(a.replaceAll('/', '\0'), b.replaceAll('/', '\0'));
}

function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
