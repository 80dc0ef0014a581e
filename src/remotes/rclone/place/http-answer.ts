/** Reading what `rclone rcd` answers over HTTP. */
import type { IncomingMessage } from 'node:http';

/** A body, up to so many bytes; the rest is not waited for. */
export async function bodyOf(
  response: IncomingMessage,
  limit: number,
): Promise<{ bytes: Buffer; isWhole: boolean }> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part);
    size += part.length;
    if (size > limit) {
      response.destroy();
      return { bytes: Buffer.concat(parts).subarray(0, limit), isWhole: false };
    }
  }
  const announced = Number(response.headers['content-length'] ?? size);
  if (size < announced) throw new Error('unexpected EOF');
  return { bytes: Buffer.concat(parts), isWhole: true };
}

export function errorIn(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  try {
    return String((JSON.parse(text) as { error?: unknown }).error ?? text);
  } catch {
    return text;
  }
}

/** Bytes of an answer that is an error. */
export const errorLimit = 64 * 1024;

/** Where `--rc-serve` serves an object (rclone.org/rc). */
export function objectPath(place: string, path: string): string {
  return `/${encodeURIComponent(`[${place}]`)}/${path.split('/').map(encodeURIComponent).join('/')}`;
}
