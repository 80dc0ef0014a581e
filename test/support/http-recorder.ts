/** A proxy for HTTP in front of a server, which tells what it was asked, and can break answers off. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

export interface HttpRecorder {
  readonly port: number;
  readonly asked: readonly Asked[];
  /** Requests of such methods are hung up on from now on. */
  breakOff(...methods: string[]): void;
  /** Requests for what has this in its path are answered with 404 from now on. */
  hide(part: string | undefined): void;
  close(): Promise<void>;
}

export async function startHttpRecorder(target: number): Promise<HttpRecorder> {
  const asked: Asked[] = [];
  let broken: readonly string[] = [];
  let hidden: string | undefined;
  const server = createServer((incoming, outgoing) => {
    const { method = '', url: path = '', headers } = incoming;
    asked.push({ method, path, headers });
    if (broken.includes(method)) {
      incoming.socket.destroy();
      return;
    }
    if (hidden !== undefined && path.includes(hidden)) {
      incoming.resume();
      outgoing.writeHead(404).end();
      return;
    }
    const onward = request({ host: '127.0.0.1', port: target, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => incoming.socket.destroy());
    incoming.pipe(onward);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    breakOff(...methods) {
      broken = methods;
    },
    hide(part) {
      hidden = part;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
