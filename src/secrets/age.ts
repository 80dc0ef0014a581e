/** Files that age(1) encrypts and decrypts: to a passphrase, or to recipients (age-encryption.org/v1). */
import type { ReadableStream } from 'node:stream/web';
import { CryptosyncError } from '../system/errors.ts';
import type { Secret } from './secret.ts';

/** What opens a file: a passphrase, or any of the recipients' identities. */
export type AgeLock = { readonly passphrase: Secret } | { readonly recipients: readonly string[] };
export type AgeKey = { readonly passphrase: Secret } | { readonly identities: Secret };

type Bytes = AsyncIterable<Uint8Array>;

/** @throws INVALID_ENCRYPTION_KEY for what is no recipient: `age1…` */
export async function verifyRecipients(recipients: readonly string[]): Promise<void> {
  const { Encrypter } = await import('age-encryption');
  for (const recipient of recipients) {
    try {
      new Encrypter().addRecipient(recipient);
    } catch (cause) {
      throw new CryptosyncError('INVALID_ENCRYPTION_KEY', `${recipient} is no recipient of age's`, {
        advice: { to: 'make-age-identity' },
        cause,
      });
    }
  }
}

/** Encrypts what `plain` gives, 64 KiB at a time: no more is held in memory. */
export async function encrypted(lock: AgeLock, plain: Bytes): Promise<Bytes> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  if ('passphrase' in lock) encrypter.setPassphrase(textOf(lock.passphrase));
  else for (const recipient of lock.recipients) encrypter.addRecipient(recipient);
  return (await encrypter.encrypt(streamOf(plain))) as unknown as Bytes;
}

/**
 * Decrypts a file of age's. Each 64 KiB are authentic when they are given out; that it was whole is known at its end.
 * @param name what it is called in messages.
 * @throws WRONG_PASSWORD, CONFIG_INVALID for what is no such file; VERIFY_FAILED, also while it is read, for one that
 * was cut short or changed
 */
export async function decrypted(key: AgeKey, cipher: Bytes, name: string): Promise<Bytes> {
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  if ('passphrase' in key) decrypter.addPassphrase(textOf(key.passphrase));
  else for (const identity of identitiesIn(key.identities)) decrypter.addIdentity(identity);
  // what goes wrong while the file itself is read is no damage of it
  let failure: { readonly thrown: unknown } | undefined;
  const watched = (async function* () {
    try {
      yield* cipher;
    } catch (thrown) {
      failure = { thrown };
      throw thrown;
    }
  })();
  const explain = (thrown: unknown, begun: boolean): unknown =>
    failure === undefined ? explained(thrown, name, begun, key) : failure.thrown;
  let plain: Bytes;
  try {
    plain = (await decrypter.decrypt(streamOf(watched))) as unknown as Bytes;
  } catch (thrown) {
    throw explain(thrown, false);
  }
  return (async function* () {
    const chunks = plain[Symbol.asyncIterator]();
    try {
      for (;;) {
        let next: IteratorResult<Uint8Array>;
        try {
          next = await chunks.next();
        } catch (thrown) {
          throw explain(thrown, true);
        }
        if (next.done) return;
        yield next.value;
      }
    } finally {
      await chunks.return?.();
    }
  })();
}

function explained(cause: unknown, name: string, begun: boolean, key: AgeKey): CryptosyncError {
  const said = cause instanceof Error ? cause.message : String(cause);
  if (begun || /^invalid (mac|header|tag|payload)|HMAC/i.test(said)) {
    return new CryptosyncError('VERIFY_FAILED', `${name} was cut short, damaged or changed: ${said}`, {
      advice: { to: 'use-another-copy' },
      cause,
    });
  }
  if (/no identity matched/.test(said)) {
    const what = 'passphrase' in key ? 'the passphrase does not open' : 'none of the identities opens';
    return new CryptosyncError('WRONG_PASSWORD', `${what} ${name}`, {
      advice: { to: 'try-passphrase-or-identity' },
      cause,
    });
  }
  return new CryptosyncError('CONFIG_INVALID', `${name} can't be read as a file of age's: ${said}`, {
    advice: { to: 'give-export' },
    cause,
  });
}

/** The identities in a file of `age-keygen`'s: a line each, `#` begins a comment. @throws INVALID_ENCRYPTION_KEY */
function identitiesIn(file: Secret): string[] {
  const lines = textOf(file)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (lines.length > 0 && lines.every((line) => /^AGE-SECRET-KEY-[A-Z0-9-]+$/.test(line))) return lines;
  throw new CryptosyncError(
    'INVALID_ENCRYPTION_KEY',
    "the identity file holds no identities of age's alone",
    {
      advice: { to: 'make-age-identity' },
    },
  );
}

function textOf(secret: Secret): string {
  return secret.reveal().toString('utf8');
}

/** Takes from an iterable only what is asked for: nothing is read ahead. */
function streamOf(bytes: Bytes): globalThis.ReadableStream<Uint8Array> {
  const chunks = bytes[Symbol.asyncIterator]();
  const stream = new globalThis.ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await chunks.next();
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      },
      async cancel() {
        await chunks.return?.();
      },
    },
    { highWaterMark: 0 },
  );
  return stream as ReadableStream<Uint8Array> as globalThis.ReadableStream<Uint8Array>;
}
