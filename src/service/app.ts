/**
 * The routes on Fastify. A request's body is read whole before anything else is judged, and wiped when the answer has
 * gone; of a failure nothing is told but its word and a message of ours.
 */
import type { Socket } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { CryptosyncError } from '../system/errors.ts';
import { type Given, readGiven, wipeGiven } from './body/given.ts';
import { readBody } from './body/read-body.ts';
import { failureOf, RequestFailure } from './failures.ts';
import type { Admit } from './listening/token.ts';
import type { Metrics } from './metrics.ts';
import type { Route } from './routes/route.ts';

export interface AppSettings {
  readonly routes: readonly Route[];
  readonly admit: Admit;
  readonly metrics: Metrics;
  /** Told of what failed in a way that is this program's fault, or its machine's. */
  readonly onFault: (error: unknown) => void;
}

/** Milliseconds for the head of a request, and between two of them. */
const headersDeadline = 10_000;
const idle = 60_000;
/** Milliseconds for all of a request; its body has a limit of its own before. */
const requestDeadline = 15_000;

export function createApp({ routes, admit, metrics, onFault }: AppSettings): FastifyInstance {
  const app = fastify({
    logger: false,
    requestTimeout: requestDeadline,
    keepAliveTimeout: idle,
    http: { headersTimeout: headersDeadline, connectionsCheckingInterval: 1000 },
    routerOptions: { maxParamLength: 200 },
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
    return503OnClosing: false,
    frameworkErrors: (error, _request, reply) => void answerFailure(reply as FastifyReply, error),
    clientErrorHandler: refuseConnection,
  });
  const open = new Set(routes.filter(({ isOpen }) => isOpen === true).map(({ path }) => path));
  const bodies = new WeakMap<FastifyRequest, Buffer>();
  const given = new WeakMap<FastifyRequest, Given>();

  app.setSerializerCompiler(() => (document) => JSON.stringify(document));
  app.addHook('onRequest', async (request, reply) => {
    const body = await readBody(request.raw);
    reply.raw.once('close', () => body.fill(0));
    bodies.set(request, body);
  });
  app.addHook('onRequest', async (request, reply) => {
    if (open.has(request.routeOptions.url ?? '')) return;
    const admission = admit(request.headers.authorization);
    if (admission === 'admitted') return;
    reply.header('www-authenticate', 'Bearer');
    if (admission === 'no token') throw new RequestFailure('UNAUTHORIZED', 'A token is needed.');
    throw new RequestFailure('FORBIDDEN', 'The token is not the right one.');
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', (request, _payload, done) => {
    try {
      const { fields = {} } = request.routeOptions.config as { fields?: Route['fields'] };
      const body = bodies.get(request) ?? Buffer.alloc(0);
      const read = readGiven(body, fields);
      given.set(request, read);
      done(null, read.fields);
    } catch (error) {
      done(error as Error);
    }
  });
  app.addHook('preValidation', async (request) => {
    // a POST without a body asks for nothing in particular
    if (request.method === 'POST' && request.body === undefined) request.body = {};
  });
  app.addHook('onResponse', async (request, reply) => {
    const read = given.get(request);
    if (read !== undefined) wipeGiven(read);
    metrics.answered({
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
      seconds: reply.elapsedTime / 1000,
    });
  });
  app.setErrorHandler((error, _request, reply) => {
    const { status } = failureOf(error);
    if (status >= 500) onFault(error);
    return answerFailure(reply, error);
  });
  app.setNotFoundHandler((_request, reply) =>
    answerFailure(reply, new RequestFailure('NOT_FOUND', 'There is nothing at this address.')),
  );
  for (const route of routes) addRoute(app, route, (request) => given.get(request));
  return app;
}

function addRoute(
  app: FastifyInstance,
  route: Route,
  givenBy: (request: FastifyRequest) => Given | undefined,
): void {
  const { method, path, parameters, body, fields } = route;
  app.route({
    method,
    url: path.replace('{id}', ':id'),
    config: { fields },
    schema: { ...(parameters && { params: parameters }), ...(body && { body }) },
    async handler(request, reply) {
      const { id = '' } = request.params as { id?: string };
      const {
        body: document,
        headers = {},
        status,
      } = await route.run({
        tenantId: id,
        fields: (request.body ?? {}) as Given['fields'],
        secrets: givenBy(request)?.secrets ?? {},
        isPatient: !/(?:^|[,\s])respond-async(?:[,;\s]|$)/i.test(String(request.headers['prefer'] ?? '')),
        target: request.url,
        signal: leavingOf(reply),
      });
      return reply.code(status).headers(headers).send(document);
    },
  });
}

function leavingOf({ raw }: FastifyReply): AbortSignal {
  const leaving = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) leaving.abort(new CryptosyncError('INTERRUPTED', 'the client went away'));
  });
  return leaving.signal;
}

function answerFailure(reply: FastifyReply, error: unknown): FastifyReply {
  const { status, body } = failureOf(error);
  // what still comes of a body that was refused is not waited for
  if (status === 413 || status === 408) reply.header('connection', 'close');
  if (status === 429 || status === 503) reply.header('retry-after', '5');
  return reply.code(status).type('application/json; charset=utf-8').send(body);
}

/** What is no request at all, or came too slowly, is answered by hand. */
function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const code =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? 'REQUEST_TIMEOUT'
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? 'HEADERS_TOO_LARGE'
        : 'INVALID_REQUEST';
  const { status, body } = failureOf(new RequestFailure(code, 'This is no request that could be answered.'));
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status} Refused`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(text)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`);
}
