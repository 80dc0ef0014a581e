/**
 * One rclone for a whole run: `rclone rcd` on loopback, with a user and a password of its own that stand in its
 * environment only (rclone.org/rc). Starting rclone costs more than asking it. It ends when this process does, kill -9
 * included, and takes the keys in its environment with it.
 */

import { randomBytes } from 'node:crypto';
import { Agent, type IncomingMessage, request } from 'node:http';
import { pause } from '../../../system/clock.ts';
import { CryptosyncError, errnoOf, interruption } from '../../../system/errors.ts';
import { eitherSignal } from '../../../system/turns.ts';
import type { RcloneDependencies } from '../call.ts';
import { maskFor } from '../masking.ts';
import { bodyOf, errorIn, errorLimit, objectPath } from './http-answer.ts';
import { type DaemonSettings, launch, passwordVariable } from './launch.ts';

export type { DaemonSettings };

interface FailedAnswer {
  readonly kind: 'failed';
  readonly error: string;
  readonly timedOut: boolean;
}

/** What a call came to. */
export type Answer =
  | { readonly kind: 'done'; readonly value: Record<string, unknown> }
  | { readonly kind: 'missing'; readonly error: string }
  | FailedAnswer;

export interface RcloneDaemon {
  /** Calls a method of rclone's remote control. @param deadline milliseconds. @throws INTERRUPTED, TOOL_MISSING */
  call(method: string, input: object, deadline: number): Promise<Answer>;
  /**
   * The content of an object, up to so many bytes of it.
   * @param place as rclone writes it: `name:path`
   */
  read(place: string, path: string, limit: number): Promise<Content>;
  /** The content of an object as it comes, each part given to `take` in turn. */
  stream(place: string, path: string, take: (part: Buffer) => void): Promise<Streamed>;
  stop(): Promise<void>;
}

/** An object's content: whole, or longer than was asked for, or not to be had. */
export type Content =
  | { readonly kind: 'whole' | 'cut'; readonly bytes: Buffer }
  | { readonly kind: 'missing' }
  | FailedAnswer;

/** How an object came. */
export type Streamed = { readonly kind: 'whole' } | { readonly kind: 'missing' } | FailedAnswer;

/** A day: rclone's own time-outs end a silent connection long before, this ends everything else. */
export const transferDeadline = 24 * 3_600_000;
/** rclone's words for an object that is not there. */
export const notFound = /\b(object not found|directory not found|file not found)\b/;
/** Milliseconds for one small file. */
const readDeadline = 60_000;

/** Starts rclone in the background; the first call waits until it listens. */
export function startDaemon(settings: DaemonSettings, dependencies: RcloneDependencies): RcloneDaemon {
  const { signal } = dependencies;
  const credentials = { user: randomBytes(12).toString('hex'), password: randomBytes(24).toString('hex') };
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const { configFile, environment } = settings;
  const secrets = { ...environment, [passwordVariable]: credentials.password };
  const mask = once(() => maskFor({ configFile, environment: secrets }));
  const starting = launch(settings, dependencies, credentials, mask);
  starting.catch(() => {}); // told by the first call
  const send = async (path: string, body: object | undefined, deadline: number): Promise<IncomingMessage> => {
    if (signal?.aborted) throw interruption(signal);
    const running = await starting;
    // whoever listens there after rclone is not rclone
    running.verifyAlive();
    const { port } = running;
    const auth = `${credentials.user}:${credentials.password}`;
    const data = body === undefined ? undefined : JSON.stringify(body);
    const headers =
      data === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(data) };
    return await new Promise((resolve, reject) => {
      const sent = request(
        {
          host: '127.0.0.1',
          port,
          path,
          method: data === undefined ? 'GET' : 'POST',
          agent,
          auth,
          headers,
          signal: eitherSignal(signal, AbortSignal.timeout(deadline)),
        },
        resolve,
      );
      sent.once('error', reject);
      sent.end(data);
    });
  };
  const failed = async (error: unknown): Promise<FailedAnswer> => {
    if (signal?.aborted) throw interruption(signal);
    if (error instanceof CryptosyncError) throw error;
    const { server, verifyAlive } = await starting;
    if (isBroken(error)) await Promise.race([server.exited, pause(exitDelay)]);
    verifyAlive();
    const { name, message } = error as Error;
    return {
      kind: 'failed',
      error: mask()(message),
      timedOut: name === 'TimeoutError' || name === 'AbortError',
    };
  };
  const call: RcloneDaemon['call'] = async (method, input, deadline) => {
    try {
      const response = await send(`/${method}`, input, deadline);
      const text = (await bodyOf(response, Number.POSITIVE_INFINITY)).bytes.toString('utf8');
      const value = JSON.parse(text === '' ? '{}' : text) as Record<string, unknown>;
      if (response.statusCode === 200) return { kind: 'done', value };
      const error = mask()(String(value['error'] ?? `status ${response.statusCode}`));
      return response.statusCode === 404
        ? { kind: 'missing', error }
        : { kind: 'failed', error, timedOut: false };
    } catch (error) {
      return await failed(error);
    }
  };
  /** rclone answers 404 for an object that it can't open too (hazards.md R31), and keeps the reason to itself. */
  const refused = async (
    response: IncomingMessage,
    place: string,
    path: string,
  ): Promise<{ kind: 'missing' } | FailedAnswer> => {
    const error = mask()(errorIn((await bodyOf(response, errorLimit)).bytes));
    if (response.statusCode !== 404) return { kind: 'failed', error, timedOut: false };
    if (notFound.test(error)) return { kind: 'missing' };
    const answer = await call('operations/stat', { fs: place, remote: path }, readDeadline);
    if (answer.kind === 'failed') return answer;
    if (answer.kind === 'missing' || answer.value['item'] === null) return { kind: 'missing' };
    return { kind: 'failed', error: `${path} is there and can't be opened`, timedOut: false };
  };
  return {
    call,
    async read(place, path, limit) {
      try {
        const response = await send(objectPath(place, path), undefined, readDeadline);
        if (response.statusCode !== 200) return await refused(response, place, path);
        const { bytes, isWhole } = await bodyOf(response, limit);
        return { kind: isWhole ? 'whole' : 'cut', bytes };
      } catch (error) {
        return await failed(error);
      }
    },
    async stream(place, path, take) {
      try {
        const response = await send(objectPath(place, path), undefined, transferDeadline);
        if (response.statusCode !== 200) return await refused(response, place, path);
        let size = 0;
        for await (const part of response as AsyncIterable<Buffer>) {
          take(part);
          size += part.length;
        }
        if (size < Number(response.headers['content-length'] ?? size)) throw new Error('unexpected EOF');
        return { kind: 'whole' };
      } catch (error) {
        return await failed(error);
      }
    },
    async stop() {
      agent.destroy();
      const started = await starting.catch(() => undefined);
      await started?.server.stop();
    },
  };
}

/** Milliseconds between a connection that broke and the news that the process at its end has ended. */
const exitDelay = 200;

function isBroken(error: unknown): boolean {
  return ['ECONNRESET', 'ECONNREFUSED', 'EPIPE'].includes(errnoOf(error) ?? '');
}

function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
