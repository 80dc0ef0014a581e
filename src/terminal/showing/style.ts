/**
 * How things look on a terminal. Results go to stdout; progress, prompts, warnings and errors to stderr. Colour only
 * on a terminal and without NO_COLOR. Nothing here decides what is said.
 */
import { styleText } from 'node:util';
import columnsTaken from 'fast-string-width';

type Format = Parameters<typeof styleText>[0];

/** Colours a text when the stream is a terminal that wants it (NO_COLOR, FORCE_COLOR: node:util). */
export function paint(format: Format, text: string, stream: NodeJS.WriteStream): string {
  return stream.isTTY ? styleText(format, text, { stream }) : text;
}

/**
 * File names may hold anything: control characters are shown escaped, so that they can't drive the terminal, and so is
 * what turns the text around it.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029\p{Bidi_Control}]/gu, (character) => {
    const code = character.charCodeAt(0).toString(16);
    if (character === '\t') return ' ';
    return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
  });
}

/** How wide a terminal is; one that reports 0 is 80. Undefined where nobody looks: nothing is broken into lines there. */
export function columnsOf(stream: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>): number | undefined {
  return stream.isTTY ? stream.columns || 80 : undefined;
}

/**
 * What can be copied from the screen stays in one line: the command behind a colon, up to the end of its sentence. A
 * program with its version is none.
 */
const command =
  /(?<=^|: )(?:cryptosync|rclone|fusermount3|umount|mv|cryfs|apt-get|dnf|pacman|zypper|apk) (?!\d).*?(?=, | && |\. |$)/g;

/**
 * Breaks a text between words.
 * @param columns the width, or undefined for one line.
 * @param indent how many columns stand before the first line already, and before each other one.
 */
export function wrapped(text: string, columns: number | undefined, indent: number): string {
  if (columns === undefined || columns === Number.POSITIVE_INFINITY) return text;
  const width = Math.max(columns - indent, 20);
  const lines: string[] = [];
  let line = '';
  for (const word of wordsOf(text)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line === '' || columnsTaken(longer) <= width) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`);
}

/** A line of a result, broken between words; what comes after its first line is indented. */
export function onLines(text: string, stream: NodeJS.WriteStream, indent = 2): string {
  return wrapped(text, columnsOf(stream), indent);
}

function wordsOf(text: string): string[] {
  // the spaces in a command are no places to break at
  const kept = text.replaceAll(command, (found) => found.replaceAll(' ', '\0'));
  return kept.split(' ').map((word) => word.replaceAll('\0', ' '));
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** `1.5 GiB`; binary units as rclone's. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `1h02m`, `3m20s`, `12s`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  if (whole >= 3600) return `${Math.floor(whole / 3600)}h${two(Math.floor((whole % 3600) / 60))}m`;
  if (whole >= 60) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  return `${whole}s`;
}

/** `1 file`, `2 files`. */
export function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}
