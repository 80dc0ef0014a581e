/** What stands in the memory of a process: all that it could read itself, as the kernel has it. */
import { randomBytes } from 'node:crypto';
import { reveal } from '../../src/remotes/rclone/obscure.ts';
import { memoryOf } from './memory-pages.ts';

/** Where a key of base64 text can be found again, by the name of its form. */
function needlesOf(key: string): Readonly<Record<string, Buffer>> {
  const text = Buffer.from(key);
  const bytes = Buffer.from(key, 'base64');
  return {
    text,
    'wide text': Buffer.from(key, 'utf16le'),
    bytes,
    hex: Buffer.from(bytes.toString('hex')),
    HEX: Buffer.from(bytes.toString('hex').toUpperCase()),
    'hex of the text': Buffer.from(text.toString('hex')),
    'base64 of the text': Buffer.from(text.toString('base64').slice(0, 56)),
  };
}

/** As rclone writes 44 characters: 16 random bytes before them, base64 for URLs. */
const obscuredLength = 80;
const mayBeObscured = Array.from({ length: 256 }, (_, byte) =>
  /[A-Za-z0-9_-]/.test(String.fromCharCode(byte)),
);

/** So much of the beginning of all keys is the same, in bytes; a search for it finds every one of them. */
const sharedLength = 9;

/** Keys that `keysInMemory` finds in one search, by their names: they begin alike. */
export function relatedKeys(names: readonly string[]): Record<string, string> {
  const shared = randomBytes(sharedLength);
  return Object.fromEntries(
    names.map((name) => [name, Buffer.concat([shared, randomBytes(32 - sharedLength)]).toString('base64')]),
  );
}

/**
 * @param keys one, or `relatedKeys`
 * @returns how often each form of a key was found: `acme: text`. A process that has ended holds nothing.
 */
export function keysInMemory(pid: number, keys: Readonly<Record<string, string>>): Record<string, number> {
  const found: Record<string, number> = {};
  const note = (name: string): void => {
    found[name] = (found[name] ?? 0) + 1;
  };
  const forms = Object.entries(keys).map(([name, key]) => ({ name, needles: needlesOf(key) }));
  const beginnings = beginningsOf(Object.values(keys));
  for (const { memory, seen } of memoryOf(pid)) {
    for (const [form, beginning] of beginnings) {
      for (let at = memory.indexOf(beginning); at >= 0; at = memory.indexOf(beginning, at + 1)) {
        for (const { name, needles } of forms) {
          const needle = needles[form] ?? beginning;
          // what was looked at with the piece before counts once
          const isNew = at + needle.length > seen;
          if (isNew && memory.subarray(at, at + needle.length).equals(needle)) note(`${name}: ${form}`);
        }
      }
    }
    for (const word of wordsIn(memory)) {
      const plain = reveal(word);
      for (const [name, key] of Object.entries(keys)) if (plain === key) note(`${name}: obscured`);
    }
  }
  return found;
}

/** What may be an obscured key. A byte that can be in none spares a look at all before it. */
function* wordsIn(memory: Buffer): Generator<string> {
  let at = 0;
  while (at + obscuredLength <= memory.length) {
    let last = at + obscuredLength - 1;
    while (last >= at && mayBeObscured[memory[last] ?? 0]) last -= 1;
    if (last < at) yield memory.toString('latin1', at, at + obscuredLength);
    at = last < at ? at + obscuredLength : last + 1;
  }
}

/** What all keys begin with, in each form. */
function beginningsOf(keys: readonly string[]): [string, Buffer][] {
  const bytes = keys.map((key) => Buffer.from(key, 'base64').subarray(0, sharedLength));
  if (bytes.some((one) => bytes[0]?.equals(one) !== true)) throw new Error('these keys are not related');
  const whole = needlesOf(keys[0] ?? '');
  // nine bytes are twelve characters of base64, and sixteen of base64 twice
  const lengths = {
    text: 12,
    'wide text': 24,
    bytes: 9,
    hex: 18,
    HEX: 18,
    'hex of the text': 24,
    'base64 of the text': 16,
  };
  return Object.entries(lengths).map(([form, length]) => [
    form,
    whole[form]?.subarray(0, length) ?? Buffer.alloc(0),
  ]);
}
