/**
 * What rclone says with `--use-json-log`. The last line of 1.60, `Failed to …`, is plain text all the same, so every
 * line is taken as text when it is no JSON.
 */

export interface TransferStats {
  readonly bytes: number;
  readonly totalBytes: number;
  readonly transfers: number;
  readonly totalTransfers: number;
  readonly checks: number;
  readonly deletes: number;
  /** Bytes per second. */
  readonly speed: number;
  /** Seconds left, when rclone dares to say. */
  readonly eta: number | undefined;
}

export interface LogRecord {
  readonly level: string;
  readonly message: string;
  readonly object: string | undefined;
  readonly stats: TransferStats | undefined;
}

type RawRecord = {
  level?: string;
  msg?: string;
  object?: string;
  stats?: Readonly<Record<string, unknown>>;
};

export function parseLogLine(line: string): LogRecord {
  let raw: RawRecord | undefined;
  if (line.startsWith('{')) {
    try {
      raw = JSON.parse(line) as RawRecord;
    } catch {
      // a torn line is shown as it is
    }
  }
  if (raw === undefined) {
    const text = line.replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /, '');
    // `caused by:` goes on with what `Failed to` began: the AWS library says there why a request failed
    const level = /^(Failed to|CRITICAL|ERROR|Fatal error|caused by:)/.test(text) ? 'error' : 'notice';
    return { level, message: text, object: undefined, stats: undefined };
  }
  return {
    level: levelOf(raw.level ?? 'notice'),
    message: (raw.msg ?? '').trim(),
    object: raw.object,
    stats: raw.stats === undefined ? undefined : statsOf(raw.stats),
  };
}

/** rclone 1.75 calls its last line `critical`, where 1.60 had it as plain text; for us all that is worse is an error. */
function levelOf(level: string): string {
  return /^(emergency|alert|critical|fatal|panic)$/.test(level) ? 'error' : level;
}

/** What rclone counts, in its log and in an answer to `core/stats`; nothing for what it does not say. */
export function statsOf(raw: Readonly<Record<string, unknown>>): TransferStats {
  const number = (name: string): number => (typeof raw[name] === 'number' ? raw[name] : 0);
  return {
    bytes: number('bytes'),
    totalBytes: number('totalBytes'),
    transfers: number('transfers'),
    totalTransfers: number('totalTransfers'),
    checks: number('checks'),
    deletes: number('deletes'),
    speed: number('speed'),
    eta: typeof raw['eta'] === 'number' ? raw['eta'] : undefined,
  };
}
