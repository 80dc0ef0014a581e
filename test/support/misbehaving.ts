/** A proxy in front of a WebDAV or S3 server that misbehaves at requests of a kind: it fails, refuses, cuts, or lies. */
import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

export type Misbehaviour =
  | { readonly kind: 'status'; readonly status: number; readonly body?: string }
  /** Says that it has stored what it was given, and has not. */
  | { readonly kind: 'stores nothing' }
  /** Says that it has stored what it was given, and has stored the first half. */
  | { readonly kind: 'stores half' }
  /** Ends the connection in the midst of the answer; of a request that changes something, after it was done. */
  | { readonly kind: 'cuts' }
  /** Ends the connection before it answers; of a request that changes something, after it was done. */
  | { readonly kind: 'loses the answer' }
  /** Tells another size of every file that it lists. */
  | { readonly kind: 'lies about sizes' };

/** Which requests. */
export type Matches = (method: string, path: string, headers: IncomingHttpHeaders) => boolean;

export interface MisbehavingServer {
  readonly port: number;
  /** @param matches the requests; @param times how many of them */
  misbehave(how: Misbehaviour, matches: Matches, times: number): void;
  behave(): void;
  /** How often it misbehaved since it was told to. */
  count(): number;
  close(): Promise<void>;
}

interface Rule {
  readonly how: Misbehaviour;
  readonly matches: Matches;
  left: number;
}

export async function startMisbehavingServer(target: number): Promise<MisbehavingServer> {
  let rule: Rule | undefined;
  let count = 0;
  const server = createServer((asked, answer) => {
    asked.on('error', () => {});
    const path = decodeURIComponent(asked.url ?? '');
    const isDue =
      rule !== undefined && rule.left > 0 && rule.matches(asked.method ?? '', path, asked.headers);
    if (rule === undefined || !isDue) return void pass(target, asked, answer);
    rule.left -= 1;
    count += 1;
    void misbehaveAt(rule.how, target, asked, answer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    misbehave(how, matches, times) {
      rule = { how, matches, left: times };
      count = 0;
    },
    behave() {
      rule = undefined;
    },
    count: () => count,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function misbehaveAt(
  how: Misbehaviour,
  target: number,
  asked: IncomingMessage,
  answer: ServerResponse,
): Promise<void> {
  switch (how.kind) {
    case 'status':
      asked.resume();
      answer.writeHead(how.status, { 'content-type': 'text/plain' }).end(how.body ?? 'not now');
      return;
    case 'stores nothing':
      await bodyOf(asked);
      answer.writeHead(201).end();
      return;
    case 'stores half': {
      const body = await bodyOf(asked);
      pass(target, asked, answer, body.subarray(0, Math.floor(body.length / 2)));
      return;
    }
    case 'cuts':
      pass(target, asked, answer, undefined, (body) => {
        answer.writeHead(200, { 'content-length': body.length + 1 });
        answer.write(body.subarray(0, Math.floor(body.length / 2)), () => answer.destroy());
      });
      return;
    case 'loses the answer':
      pass(target, asked, answer, undefined, () => answer.destroy());
      return;
    case 'lies about sizes':
      pass(target, asked, answer, undefined, (body, status, headers) => {
        const told = body.toString('utf8').replaceAll(/(getcontentlength>)(\d+)/g, '$1$29');
        answer.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(told) }).end(told);
      });
  }
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of message as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}

type Take = (body: Buffer, status: number, headers: IncomingMessage['headers']) => void;

/** @param body instead of the request's own @param take what to do with the answer, instead of passing it on */
function pass(
  target: number,
  asked: IncomingMessage,
  answer: ServerResponse,
  body?: Buffer,
  take?: Take,
): void {
  const { method, url, headers } = asked;
  const told = body === undefined ? headers : { ...headers, 'content-length': String(body.length) };
  const isSigned = headers.authorization?.startsWith('AWS4-') ?? false;
  // the address that was asked stands in a signature
  const host = isSigned ? headers.host : `127.0.0.1:${target}`;
  const destination = headers['destination'];
  // a move names its other path with the proxy's own address, and is asked for as by every newer rclone (hazards.md R47)
  const moved =
    typeof destination === 'string'
      ? { destination: destination.replace(/\/\/[^/]+/, `//${host}`), overwrite: 'T' }
      : {};
  const sent = request({
    host: '127.0.0.1',
    port: target,
    method,
    path: url,
    headers: { ...told, host, ...moved },
  });
  sent.on('error', () => answer.destroy());
  answer.on('close', () => sent.destroy());
  sent.on('response', (got) => {
    if (take === undefined) {
      answer.writeHead(got.statusCode ?? 500, got.headers);
      got.pipe(answer);
      return;
    }
    bodyOf(got).then(
      (whole) => take(whole, got.statusCode ?? 500, got.headers),
      () => answer.destroy(),
    );
  });
  if (body === undefined) asked.pipe(sent);
  else sent.end(body);
}
