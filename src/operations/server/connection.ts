/** Talking to a server of sessions: one request, one answer, over a unix socket or TCP. */
import {
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
  request as requestPlain,
} from 'node:http';
import { request as requestSecure } from 'node:https';
import { CryptosyncError, errnoOf, interruption } from '../../system/errors.ts';
import { readTrustedText } from '../../system/paths/trust.ts';

/** Where a server is, and what it asks for. */
export interface ServerPlace {
  /** A socket's path, or `http://…`, `https://…`. */
  readonly address: string;
  readonly tokenFile?: string | undefined;
  /** PEM: the authority that has signed the server's certificate, where the system does not know it. */
  readonly authorityFile?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Question {
  readonly method: 'GET' | 'POST';
  /** `/api/v1/tenants` */
  readonly path: string;
  readonly body?: Buffer | undefined;
}

export interface Reply {
  readonly status: number;
  readonly document: unknown;
  readonly location: string | undefined;
}

/** Bytes. A list of a thousand sessions has half a million. */
const longestReply = 64 * 1024 * 1024;

/** @throws NOT_READY when nobody answers, CONFIG_INVALID for files that can't be read, INTERRUPTED */
export async function ask(place: ServerPlace, question: Question): Promise<Reply> {
  const { signal } = place;
  if (signal?.aborted) throw interruption(signal);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = begin(place, question);
  const abort = (): void => void request.destroy();
  signal?.addEventListener('abort', abort, { once: true });
  request.once('response', resolve);
  request.once('error', reject);
  request.end(question.body);
  try {
    const response = await promise;
    return {
      status: response.statusCode ?? 0,
      document: documentOf(await readAll(response)),
      location: response.headers.location,
    };
  } catch (error) {
    if (signal?.aborted) throw interruption(signal);
    throw error instanceof CryptosyncError ? error : unanswered(place, error);
  } finally {
    signal?.removeEventListener('abort', abort);
    request.destroy();
  }
}

function begin(
  { address, tokenFile, authorityFile }: ServerPlace,
  { method, path, body }: Question,
): ClientRequest {
  const headers = {
    ...(tokenFile !== undefined && { authorization: `Bearer ${textOf(tokenFile).trim()}` }),
    ...(body && { 'content-type': 'application/json', 'content-length': String(body.length) }),
  };
  const options: RequestOptions = { method, headers, agent: false };
  if (!/^https?:/.test(address)) return requestPlain({ ...options, socketPath: address, path });
  const url = new URL(path, address);
  if (url.protocol === 'http:') return requestPlain(url, options);
  const ca = authorityFile === undefined ? undefined : textOf(authorityFile);
  return requestSecure(url, { ...options, ...(ca !== undefined && { ca }) });
}

function textOf(path: string): string {
  const text = readTrustedText(path);
  if (text === undefined) throw new CryptosyncError('CONFIG_INVALID', `there is no file ${path}`);
  return text;
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > longestReply) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Undefined for an answer that is none of ours. */
function documentOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unanswered({ address }: ServerPlace, error: unknown): CryptosyncError {
  const errno = errnoOf(error);
  const why =
    errno === 'ENOENT' || errno === 'ECONNREFUSED'
      ? 'no server listens there'
      : errno === 'EACCES'
        ? 'it belongs to another user'
        : error instanceof Error
          ? error.message
          : String(error);
  return new CryptosyncError('NOT_READY', `the server at ${address} does not answer: ${why}`, {
    advice: { to: 'start-server' },
    cause: error,
  });
}
