/**
 * The body of a request, read whole into memory of ours before anything else looks at the request: so there is one
 * place that wipes it, whoever sent it and however it is refused.
 */
import type { IncomingMessage } from 'node:http';
import { RequestFailure } from '../failures.ts';
import { blank } from './blank.ts';

/** Bytes. A claim has a few hundred. */
const longestBody = 16 * 1024;
/** Milliseconds for all of it. */
const deadline = 10_000;

/**
 * Reads a body to its end. The caller wipes it.
 * @throws RequestFailure when it is too large, comes too slowly, or breaks off
 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const body = blank(longestBody);
  let length = 0;
  let isRefused = Number(request.headers['content-length'] ?? 0) > longestBody;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const refuse = (failure: RequestFailure): void => {
    isRefused = true;
    reject(failure);
  };
  const tooLate = setTimeout(
    () => refuse(new RequestFailure('REQUEST_TIMEOUT', 'The body came too slowly.')),
    deadline,
  );
  // it stays: what still comes of a body that was refused is wiped as well
  request.on('data', (chunk: Buffer) => {
    if (!isRefused && length + chunk.length > longestBody) refuse(tooLarge());
    if (!isRefused) length += chunk.copy(body, length);
    chunk.fill(0);
  });
  request.once('end', resolve);
  request.once('close', () => refuse(new RequestFailure('INVALID_REQUEST', 'The request broke off.')));
  if (isRefused) refuse(tooLarge());
  try {
    await promise;
    return exactly(body, length);
  } finally {
    isRefused = true;
    clearTimeout(tooLate);
    body.fill(0);
  }
}

function exactly(body: Buffer, length: number): Buffer {
  const bytes = blank(length);
  body.copy(bytes, 0, 0, length);
  return bytes;
}

function tooLarge(): RequestFailure {
  return new RequestFailure('TOO_LARGE', `A body has at most ${longestBody} bytes.`);
}
