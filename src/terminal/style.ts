/**
 * How things look on a terminal. Results go to stdout; progress, prompts, warnings and errors to stderr. Colour only
 * on a terminal and without NO_COLOR. Nothing here decides what is said.
 */
import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

/** Colours a text when the stream is a terminal that wants it (NO_COLOR, FORCE_COLOR: node:util). */
export function paint(format: Format, text: string, stream: NodeJS.WriteStream): string {
  return stream.isTTY ? styleText(format, text, { stream }) : text;
}

/** File names may hold anything: control characters are shown escaped, so that they can't drive the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, (character) =>
    character === '\t' ? ' ' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
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
