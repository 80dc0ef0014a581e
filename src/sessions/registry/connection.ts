/** One connection to PostgreSQL, on which no question stays without an answer for ever. */
import { CryptosyncError } from '../../system/errors.ts';

export interface Wire {
  /** @throws NOT_READY when the database does not answer, or refuses */
  ask<Row>(text: string, values: readonly string[]): Promise<Row[]>;
  isUsable(): boolean;
  /** Resolves when it has broken. */
  readonly lost: Promise<void>;
  end(): Promise<void>;
}

/** Milliseconds. */
const connectDeadline = 5000;
const answerDeadline = 5000;

/** A node that has vanished without a word is noticed within 30 s, and its locks are free (PostgreSQL's own timers). */
const noticeDeath = ['tcp_keepalives_idle=10', 'tcp_keepalives_interval=5', 'tcp_keepalives_count=4']
  .map((setting) => `-c ${setting}`)
  .join(' ');

/** @throws NOT_READY */
export async function connectTo(url: string): Promise<Wire> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({
    connectionString: url,
    application_name: 'cryptosync',
    connectionTimeoutMillis: connectDeadline,
    query_timeout: answerDeadline,
    keepAlive: true,
    options: noticeDeath,
  });
  const { promise: lost, resolve: lose } = Promise.withResolvers<void>();
  let isUsable = true;
  const close = (): void => {
    isUsable = false;
    lose();
  };
  client.on('error', close);
  client.on('end', close);
  try {
    await client.connect();
  } catch (error) {
    void client.end().catch(() => {});
    throw notReady(error);
  }
  return {
    lost,
    isUsable: () => isUsable,
    async ask<Row>(text: string, values: readonly string[]) {
      if (!isUsable) throw notReady(undefined);
      try {
        return (await client.query(text, [...values])).rows as Row[];
      } catch (error) {
        // an answer that did not come in time may come to the next question
        close();
        throw notReady(error);
      }
    },
    async end() {
      isUsable = false;
      await Promise.race([
        client.end().catch(() => {}),
        new Promise((resolve) => setTimeout(resolve, 1000).unref()),
      ]);
    },
  };
}

/** What pg says of a connection may hold its address, but no password. */
function notReady(cause: unknown): CryptosyncError {
  const why = cause instanceof Error && cause.message !== '' ? `: ${cause.message}` : '';
  return new CryptosyncError('NOT_READY', `the registry of claims can't be used${why}`, { cause });
}
