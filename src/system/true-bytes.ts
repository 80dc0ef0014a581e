/**
 * The bytes of what this process was started with. node decodes its environment and arguments as UTF-8 and puts
 * U+FFFD for what is none, so that two passwords may look the same; the kernel still has the bytes (hazards.md N3, proc(5)).
 */
import { readFileSync } from 'node:fs';

/** What stands in a text for bytes that are no UTF-8. */
export const replacement = '\ufffd';

/**
 * The bytes of an environment variable.
 * @param value what node says that it is.
 * @returns undefined when they can't be known: the text has lost bytes, and the process was not started with it.
 */
export function bytesOfVariable(name: string, value: string): Buffer | undefined {
  return exact(value) ?? findBytes('/proc/self/environ', value, (word) => after(word, `${name}=`));
}

/**
 * The bytes of a value that stands in the arguments, as a word of its own or behind `=`.
 * @returns undefined when they can't be known.
 */
export function bytesOfArgument(value: string): Buffer | undefined {
  return (
    exact(value) ??
    findBytes('/proc/self/cmdline', value, (word) =>
      word.toString() === value ? word : word.subarray(word.indexOf('=') + 1),
    )
  );
}

/** A text without the sign that stands for lost bytes has lost none. */
function exact(value: string): Buffer | undefined {
  return value.includes(replacement) ? undefined : Buffer.from(value);
}

/** Where two words look the same and are not, nobody can tell which is meant. */
function findBytes(
  file: string,
  value: string,
  valueIn: (word: Buffer) => Buffer | undefined,
): Buffer | undefined {
  const found = splitAtNul(readFileSync(file)).flatMap((word) => valueIn(word) ?? []);
  const [one, ...others] = found.filter((bytes) => bytes.toString() === value);
  return one !== undefined && others.every((other) => other.equals(one)) ? one : undefined;
}

function after(word: Buffer, prefix: string): Buffer | undefined {
  return word.subarray(0, prefix.length).toString('latin1') === prefix
    ? word.subarray(prefix.length)
    : undefined;
}

function splitAtNul(bytes: Buffer): Buffer[] {
  const words: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, start)) {
    words.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return words;
}
