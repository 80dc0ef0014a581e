/** A node: a coordinator, its registry, and the server before them; from the first connection to the last wiped key. */
import type { Context } from '../operations/context.ts';
import { SyncCoordinator } from '../sessions/coordinator.ts';
import type { SessionDocument } from '../sessions/documents.ts';
import { postgresRegistry } from '../sessions/registry/postgres.ts';
import { embeddedRegistry, type Registry } from '../sessions/registry.ts';
import { workloadsIn } from '../sessions/workload/store.ts';
import { CryptosyncError, toCryptosyncError } from '../system/errors.ts';
import { forbidCoreDumps } from '../system/process/core-dumps.ts';
import { isLoopback, type ListeningAt, pathOfSocket } from './listening/address.ts';
import { verifyNoLooking } from './listening/looking.ts';
import { notifySystemd } from './listening/notify.ts';
import { Tls, type TlsFiles } from './listening/tls.ts';
import { admitByToken, admitEverybody } from './listening/token.ts';
import { type RunningServer, startServer } from './server.ts';

export interface ServeRequest {
  readonly at: ListeningAt;
  readonly tokenFile?: string | undefined;
  readonly tls?: TlsFiles | undefined;
  /** The directory of the workloads. */
  readonly workloads: string;
  /** Claims and syncs at a time. */
  readonly concurrency: number;
  /** Milliseconds for the final syncs at the end. */
  readonly drain: number;
  /** `postgres://…`, where several nodes share the tenants. */
  readonly registry?: string | undefined;
  /** Where the other nodes and their clients reach this one; its own address when left out. */
  readonly advertise?: string | undefined;
}

export interface Serving {
  readonly address: string;
  /** Reads certificate and key again. @throws CONFIG_INVALID; then the former hold on */
  reload(): void;
  /** Final syncs, as far as the time goes; then every key is wiped and the server gone. @returns who was not sent whole */
  end(): Promise<readonly string[]>;
}

/**
 * Starts to serve.
 * @throws USAGE, CONFIG_INVALID for what can't be served safely; LOCKED where another server listens; NOT_READY when
 * the registry can't be reached
 */
export async function serve(context: Context, request: ServeRequest): Promise<Serving> {
  const { environment, log, version } = context;
  verifyNoLooking(environment, process.execArgv);
  verifyGuarded(request);
  await forbidCoreDumps(environment);
  const admit = request.tokenFile === undefined ? admitEverybody : admitByToken(request.tokenFile);
  const tls = request.tls && new Tls(request.tls);
  const own: { address: string } = { address: request.advertise ?? '' };
  const registry = await openRegistry(request, own, context);
  const coordinator = new SyncCoordinator({
    root: context.root,
    workloads: workloadsIn(request.workloads),
    registry,
    concurrency: request.concurrency,
    keepsSpare: true,
    environment,
    clock: context.clock,
    log,
    onWarning: context.warn,
  });
  const onFault = (error: unknown): void => {
    const { code, message } = toCryptosyncError(error);
    log.write('ERROR', `serve: ${code} ${message}`);
  };
  const obstacle = (): string | undefined =>
    registry.isReady() ? undefined : 'The registry of claims can not be reached.';
  let server: RunningServer;
  try {
    server = await startServer({
      version,
      at: request.at,
      admit,
      tls,
      tenants: coordinator,
      obstacle,
      onFault,
    });
  } catch (error) {
    await coordinator.close({ drain: 0 });
    throw error;
  }
  own.address ||= server.address;
  log.write('INFO', `serve: listens at ${server.address}`);
  await notifySystemd('READY=1', environment);
  return {
    address: server.address,
    reload: () => tls?.reload(),
    async end() {
      server.drain();
      log.write('INFO', 'serve: ends');
      await notifySystemd('STOPPING=1', environment);
      const held = new Set(
        coordinator
          .list()
          .filter(isHere)
          .map(({ tenantId }) => tenantId),
      );
      await coordinator.close({ drain: request.drain });
      const left = coordinator.list().flatMap(({ tenantId }) => (held.has(tenantId) ? [tenantId] : []));
      await server.close();
      log.write('INFO', 'serve: ended');
      return left;
    },
  };
}

/** Not one that an earlier server has left, or that another one has. */
function isHere({ state }: SessionDocument): boolean {
  return state !== 'interrupted';
}

async function openRegistry(
  { registry }: ServeRequest,
  own: { readonly address: string },
  { log }: Context,
): Promise<Registry> {
  return registry === undefined
    ? embeddedRegistry()
    : await postgresRegistry({ url: registry, address: () => own.address, log });
}

/** Where others than this user can connect there is a token, and where others can listen in there is TLS. @throws USAGE */
function verifyGuarded({ at, tokenFile, tls }: ServeRequest): void {
  const isSocket =
    at.kind === 'socket' || (at.kind === 'activated' && pathOfSocket(at.descriptor) !== undefined);
  if (isSocket) {
    if (tls === undefined) return;
    throw new CryptosyncError(
      'USAGE',
      'TLS is for an address of TCP, and the server listens at a unix socket',
    );
  }
  if (tokenFile === undefined) {
    throw new CryptosyncError('USAGE', 'a server at an address of TCP needs a token', {
      advice: { to: 'give-token-file' },
    });
  }
  if (tls !== undefined || (at.kind === 'tcp' && isLoopback(at.address))) return;
  throw new CryptosyncError('USAGE', 'a server that other machines reach needs TLS', {
    advice: { to: 'give-certificate' },
  });
}
