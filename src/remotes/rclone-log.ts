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
  /** With `--dry-run`: what was not done, such as `copy` or `move into backup dir`. */
  readonly skipped: string | undefined;
  readonly size: number;
  readonly stats: TransferStats | undefined;
}

type RawRecord = {
  level?: string;
  msg?: string;
  object?: string;
  skipped?: string;
  size?: number;
  stats?: Partial<Record<keyof TransferStats, number | null>>;
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
    return { level, message: text, object: undefined, skipped: undefined, size: 0, stats: undefined };
  }
  return {
    level: levelOf(raw.level ?? 'notice'),
    message: (raw.msg ?? '').trim(),
    object: raw.object,
    skipped: raw.skipped,
    size: raw.size ?? 0,
    stats: raw.stats === undefined ? undefined : readStats(raw.stats),
  };
}

/** rclone 1.75 calls its last line `critical`, where 1.60 had it as plain text; for us all that is worse is an error. */
function levelOf(level: string): string {
  return /^(emergency|alert|critical|fatal|panic)$/.test(level) ? 'error' : level;
}

function readStats(raw: NonNullable<RawRecord['stats']>): TransferStats {
  return {
    bytes: raw.bytes ?? 0,
    totalBytes: raw.totalBytes ?? 0,
    transfers: raw.transfers ?? 0,
    totalTransfers: raw.totalTransfers ?? 0,
    checks: raw.checks ?? 0,
    deletes: raw.deletes ?? 0,
    speed: raw.speed ?? 0,
    eta: raw.eta ?? undefined,
  };
}
