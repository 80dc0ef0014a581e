/** A proxy on loopback in front of a server: it stays at its port while the server is cut off, replaced or silent. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type ProxyManner =
  /** Passes everything on. */
  | 'open'
  /** Takes no connection, as a machine whose server is down. */
  | 'refuse'
  /** Takes connections and never answers. */
  | 'silent';

export interface LoopbackProxy {
  readonly port: number;
  /** Bytes that clients have sent so far. */
  readonly received: number;
  /** Bytes that clients have been sent so far. */
  readonly delivered: number;
  /** The server that it passes connections on to. */
  setTarget(port: number): void;
  /** Ends the connections that there are, and treats new ones so. */
  setManner(manner: ProxyManner): void;
  /** From now on nothing passes, and nobody is told: as when a cable is pulled. */
  freeze(): void;
  close(): Promise<void>;
}

export async function startProxy(target: number, first: ProxyManner = 'open'): Promise<LoopbackProxy> {
  let targetPort = target;
  let manner = first;
  let received = 0;
  let delivered = 0;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  };
  const endAll = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const server = createServer((client) => {
    keep(client);
    client.on('data', (chunk) => {
      received += chunk.length;
    });
    if (manner === 'refuse') client.resetAndDestroy();
    if (manner !== 'open') return;
    const upstream = connect(targetPort, '127.0.0.1');
    keep(upstream);
    upstream.on('data', (chunk) => {
      delivered += chunk.length;
    });
    client.pipe(upstream).pipe(client);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get received() {
      return received;
    },
    get delivered() {
      return delivered;
    },
    setTarget(port) {
      targetPort = port;
    },
    setManner(next) {
      manner = next;
      endAll();
    },
    freeze() {
      manner = 'silent';
      for (const socket of sockets) socket.unpipe().pause();
    },
    async close() {
      endAll();
      server.close();
      await once(server, 'close');
    },
  };
}
