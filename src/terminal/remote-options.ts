/** Options of a remote from the command line: `--remote-options`, `--remote-option`, `--remote-options-file`. */
import { readFileSync } from 'node:fs';
import { CryptosyncError, errnoOf } from '../system/errors.ts';
import { readStdin } from '../system/stdin.ts';

export interface RemoteOptionFlags {
  readonly 'remote-options'?: string | undefined;
  readonly 'remote-option'?: readonly string[] | undefined;
  readonly 'remote-options-file'?: string | undefined;
}

export interface RemoteOptions {
  readonly options: ReadonlyMap<string, string>;
  /** The names that came by argv. */
  readonly publicNames: readonly string[];
}

/** Gathers all options; a later source wins over an earlier one. @throws USAGE, CONFIG_INVALID */
export function readRemoteOptions(flags: RemoteOptionFlags): RemoteOptions {
  const options = new Map<string, string>();
  const fromArguments = [...splitList(flags['remote-options'] ?? ''), ...(flags['remote-option'] ?? [])];
  for (const pair of fromArguments) add(options, pair);
  const publicNames = [...options.keys()];
  const file = flags['remote-options-file'];
  if (file !== undefined) for (const line of readLines(file)) add(options, line);
  return { options, publicNames };
}

function add(options: Map<string, string>, pair: string): void {
  const equals = pair.indexOf('=');
  const name = pair.slice(0, equals).trim();
  if (equals < 0 || !/^[a-z0-9_]+$/.test(name)) {
    // the text itself may be a secret in the wrong place, so it is not repeated
    throw new CryptosyncError('USAGE', 'an option of the remote is not of the form key=value', {
      hint: 'Keys are of lower-case letters, digits and underscores, as rclone writes them in rclone.conf.',
    });
  }
  options.set(name, pair.slice(equals + 1).trim());
}

/**
 * Splits a list at its commas. As in CSV (RFC 4180), a pair in double quotes, or its value alone, may hold commas,
 * and a doubled quote in it is one quote.
 */
export function splitList(text: string): string[] {
  const pairs: string[] = [];
  let current = '';
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"') {
      if (quoted && text.charAt(at + 1) === '"') {
        current += '"';
        at += 1;
      } else {
        quoted = !quoted;
      }
    } else if (character === ',' && !quoted) {
      pairs.push(current);
      current = '';
    } else {
      current += character;
    }
  }
  if (quoted) throw new CryptosyncError('USAGE', 'a quote in --remote-options is not closed');
  return [...pairs, current].filter((pair) => pair.trim() !== '');
}

/** One option a line; empty lines and lines that begin with # do not count. */
function readLines(path: string): string[] {
  let text: string;
  try {
    text = path === '-' ? readStdin().toString('utf8') : readFileSync(path, 'utf8');
  } catch (error) {
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `the options file ${path} can't be read: ${errnoOf(error) ?? error}`,
      { hint: 'Check its path and permissions.', cause: error },
    );
  }
  return text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.trim().startsWith('#'));
}
