/** A unix socket that only its owner can connect to, and what a server that was killed leaves of one. */
import { lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import { CryptosyncError, errnoOf } from '../../system/errors.ts';
import { verifyTrusted } from '../../system/paths/trust.ts';

/** Bytes of a path that the kernel takes, without the NUL at its end (unix(7)). */
const longestPath = 107;

/**
 * Listens at a path, with mode 0600 from the first moment. A socket that nobody answers at is replaced.
 * @throws LOCKED when a server answers there; CONFIG_INVALID when something else stands there, or others could put
 * their own there
 */
export async function listenAtSocket(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > longestPath) {
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `${path} is too long for a socket: ${longestPath} bytes at most`,
    );
  }
  const directory = dirname(path);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  verifyTrusted(directory);
  await removeStale(path);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  // the socket is bound within the call, so nothing else is made with this mask
  const mask = process.umask(0o177);
  try {
    server.listen(path, resolve);
  } finally {
    process.umask(mask);
  }
  try {
    await promise;
  } finally {
    server.off('error', reject);
  }
}

async function removeStale(path: string): Promise<void> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isSocket()) {
    throw new CryptosyncError('CONFIG_INVALID', `${path} is no socket, and a socket belongs there`);
  }
  if (await isAnswered(path)) {
    throw new CryptosyncError('LOCKED', `another server listens at ${path}`);
  }
  unlinkSync(path);
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => {
      if (errnoOf(error) === 'ECONNREFUSED' || errnoOf(error) === 'ENOENT') resolve(false);
      // its queue is full: somebody is there
      else if (errnoOf(error) === 'EAGAIN') resolve(true);
      else reject(error);
    });
  });
}
