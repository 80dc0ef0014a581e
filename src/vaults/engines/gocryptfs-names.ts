/**
 * What a path in the clear is called in the ciphertext, and the other way round: asked of a mounted gocryptfs by its
 * control socket (gocryptfs(1), -ctlsock). It answers as long as the directories above are there, whether the file itself
 * is or not.
 */
import { connect } from 'node:net';
import { CryptosyncError } from '../../system/errors.ts';

/** Milliseconds for one answer. */
const deadline = 10_000;
const longestAnswer = 64 * 1024;
/** ENOENT of Linux. */
const absent = 2;

/** @returns undefined when a directory above is not there. @throws MOUNT_FAILED */
export async function encryptPath(socket: string, plain: string): Promise<string | undefined> {
  const { Result, ErrNo, ErrText } = Object(await ask(socket, { EncryptPath: plain }));
  if (ErrNo === absent) return undefined;
  if (ErrNo === 0 && typeof Result === 'string' && Result !== '') return Result;
  throw noAnswer(String(ErrText ?? 'an answer that is none'));
}

/**
 * @returns undefined as well for what is no name of the vault: a companion of a file, a name that was cut short, and whose
 * rest is missing. @throws MOUNT_FAILED
 */
export async function decryptPath(socket: string, cipher: string): Promise<string | undefined> {
  const { Result, ErrNo } = Object(await ask(socket, { DecryptPath: cipher }));
  return ErrNo === 0 && typeof Result === 'string' && Result !== '' ? Result : undefined;
}

async function ask(socket: string, question: object): Promise<unknown> {
  return await new Promise((resolve, reject) => {
    let text = '';
    const connection = connect(socket);
    connection.setEncoding('utf8').setTimeout(deadline, () => connection.destroy(noAnswer('no answer')));
    connection.on('error', (error) =>
      reject(error instanceof CryptosyncError ? error : noAnswer(error.message)),
    );
    connection.on('connect', () => connection.write(`${JSON.stringify(question)}\n`));
    connection.on('data', (part) => {
      text += part;
      if (text.length > longestAnswer) connection.destroy(noAnswer('an answer without end'));
      if (!text.includes('\n')) return;
      connection.end();
      try {
        resolve(JSON.parse(text));
      } catch {
        reject(noAnswer('an answer that is no JSON'));
      }
    });
    connection.on('close', () => reject(noAnswer('it hung up')));
  });
}

function noAnswer(why: string): CryptosyncError {
  return new CryptosyncError('MOUNT_FAILED', `gocryptfs did not say how a name is encrypted: ${why}`);
}
