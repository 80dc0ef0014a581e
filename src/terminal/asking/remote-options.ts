/** Options of a remote from the command line: `--remote-options`, `--remote-option`, `--remote-options-file`. */
import { isUtf8 } from 'node:buffer';
import { CryptosyncError, errnoOf, MisplacedFile } from '../../system/errors.ts';
import { readStdin } from '../../system/stdin.ts';
import { replacement } from '../../system/true-bytes.ts';
import { readPatiently } from '../../system/waiting.ts';

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
export async function readRemoteOptions(
  flags: RemoteOptionFlags,
  signal?: AbortSignal,
): Promise<RemoteOptions> {
  const options = new Map<string, string>();
  const fromArguments = [...splitList(flags['remote-options'] ?? ''), ...(flags['remote-option'] ?? [])];
  for (const pair of fromArguments) add(options, pair);
  const publicNames = [...options.keys()];
  const file = flags['remote-options-file'];
  if (file !== undefined) for (const line of await readLines(file, signal)) add(options, line);
  return { options, publicNames };
}

/** rclone takes its options as text: other bytes would become another password. */
function notText(): CryptosyncError {
  return new CryptosyncError('USAGE', 'the options of the remote are not UTF-8 text', {
    advice: { to: 'write-options-in-utf-8' },
  });
}

function add(options: Map<string, string>, pair: string): void {
  if (pair.includes(replacement)) throw notText();
  const equals = pair.indexOf('=');
  const name = pair.slice(0, equals).trim();
  if (equals < 0 || !/^[a-z0-9_]+$/.test(name)) {
    // the text itself may be a secret in the wrong place, so it is not repeated
    throw new CryptosyncError('USAGE', 'an option of the remote is not of the form key=value', {
      advice: { to: 'write-option-keys' },
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

/** Bytes of the longest options file, and milliseconds that a FIFO is waited for. */
const longest = 1024 * 1024;
const deadline = 120_000;

/** One option a line; empty lines and lines that begin with # do not count. */
async function readLines(path: string, signal: AbortSignal | undefined): Promise<string[]> {
  let text: string;
  try {
    const bytes = await (path === '-'
      ? readStdin(signal)
      : readPatiently(path, { longest, deadline, signal }));
    if (!isUtf8(bytes)) throw notText();
    text = bytes.toString('utf8').replace(/^\ufeff/, '');
  } catch (error) {
    if (error instanceof CryptosyncError) throw error;
    const why = error instanceof MisplacedFile ? `it ${error.why}` : (errnoOf(error) ?? error);
    throw new CryptosyncError('CONFIG_INVALID', `the options file ${path} can't be read: ${why}`, {
      advice: { to: 'check-path-and-permissions' },
      cause: error,
    });
  }
  return text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.trim().startsWith('#'));
}
