/** A server that is told of runs, keeps what it got, and can be as difficult as servers are. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Ping {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A number is the status that it answers with. */
export type Manner = number | 'silent' | 'reset' | 'redirect';

export interface PingServer {
  readonly url: string;
  readonly pings: readonly Ping[];
  /** From now on the next requests are treated so, one after the other; the last stays. */
  behave(...manners: Manner[]): void;
  close(): Promise<void>;
}

export async function startPingServer(): Promise<PingServer> {
  const pings: Ping[] = [];
  let manners: Manner[] = [200];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      pings.push({ method, path, headers, body: Buffer.concat(chunks).toString('utf8') });
      const [manner = 200] = manners;
      if (manners.length > 1) manners.shift();
      if (manner === 'reset') request.socket.destroy();
      else if (manner === 'redirect') response.writeHead(301, { location: '/elsewhere' }).end();
      else if (manner !== 'silent') response.writeHead(manner).end('OK');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pings,
    behave(...next) {
      manners = next;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
