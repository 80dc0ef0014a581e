/** A server from its first connection to its last: where it listens, whether it is ready, and how it ends. */
import type { Server } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { createApp } from './app.ts';
import { type ListeningAt, pathOfSocket } from './listening/address.ts';
import { readIntoOwnBuffers } from './listening/own-buffers.ts';
import type { Tls } from './listening/tls.ts';
import type { Admit } from './listening/token.ts';
import { listenAtSocket } from './listening/unix-socket.ts';
import { createMetrics } from './metrics.ts';
import { crowdOf } from './routes/crowd.ts';
import { type Condition, machineRoutes } from './routes/machine.ts';
import { type Tenants, tenantRoutes } from './routes/tenants.ts';

export interface ServerSettings {
  readonly version: string;
  readonly at: ListeningAt;
  readonly admit: Admit;
  /** Undefined where it speaks plainly: on a unix socket, and on loopback. */
  readonly tls: Tls | undefined;
  readonly tenants: Tenants;
  /** Why claims are not accepted; undefined while they are. */
  readonly obstacle: () => string | undefined;
  readonly onFault: (error: unknown) => void;
}

export interface RunningServer {
  /** Where it listens, as a client writes it. */
  readonly address: string;
  /** Accepts no claim from now on; everything else is answered until `close`. */
  drain(): void;
  /** Answers what is under way, and ends. */
  close(): Promise<void>;
}

/** Claims, syncs and releases that are under way or wait for their turn. */
const mostAtOnce = 1000;
/** Connections at a time. */
const mostConnections = 2048;
/** Milliseconds for what is under way when the server ends. */
const lastAnswers = 5000;

/** @throws what listening ends with: LOCKED, CONFIG_INVALID, or the system's error */
export async function startServer(settings: ServerSettings): Promise<RunningServer> {
  const { version, at, admit, tls, tenants, obstacle, onFault } = settings;
  let isDraining = false;
  const condition = (): Condition => {
    if (isDraining) return { state: 'draining' };
    const message = obstacle();
    return message === undefined ? { state: 'ready' } : { state: 'not ready', message };
  };
  const metrics = createMetrics({
    sessions: () => countStates(tenants),
    isReady: () => condition().state === 'ready',
  });
  const forTenants = tenantRoutes({ tenants, condition, crowd: crowdOf(mostAtOnce), metrics });
  const forMachines = machineRoutes({ version, condition, metrics, others: forTenants });
  const app = createApp({ routes: [...forTenants, ...forMachines], admit, metrics, onFault });
  readIntoOwnBuffers(app.server, tls && (() => tls.context));
  app.server.maxConnections = mostConnections;
  await app.ready();
  await listen(app.server, at);
  return {
    address: addressOf(app.server, at, tls !== undefined),
    drain() {
      isDraining = true;
    },
    close: async () => await end(app),
  };
}

function countStates(tenants: Tenants): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { state } of tenants.list()) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

async function listen(server: Server, at: ListeningAt): Promise<void> {
  if (at.kind === 'socket') return await listenAtSocket(server, at.path);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  if (at.kind === 'tcp') server.listen({ ...at.address, exclusive: true }, resolve);
  else server.listen({ fd: at.descriptor }, resolve);
  try {
    await promise;
  } finally {
    server.off('error', reject);
  }
}

async function end(app: FastifyInstance): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  app.server.close(() => resolve());
  app.server.closeIdleConnections();
  const cut = setTimeout(() => app.server.closeAllConnections(), lastAnswers);
  await promise;
  clearTimeout(cut);
  await app.close();
}

function addressOf(server: Server, at: ListeningAt, isSecure: boolean): string {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') {
    const path = at.kind === 'activated' ? pathOfSocket(at.descriptor) : bound;
    return `unix:${at.kind === 'socket' ? at.path : (path ?? '')}`;
  }
  const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  return `${isSecure ? 'https' : 'http'}://${host}:${bound.port}`;
}
