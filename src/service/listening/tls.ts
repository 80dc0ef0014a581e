/** TLS from a certificate and a key in files, which are read again when they were renewed. */
import crypto from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { CryptosyncError } from '../../system/errors.ts';
import { readTrustedText } from '../../system/paths/trust.ts';

export interface TlsFiles {
  /** PEM: the server's certificate, and those between it and its authority. */
  readonly certificate: string;
  /** PEM, without a passphrase. */
  readonly key: string;
}

/** SSL_OP_CLEANSE_PLAINTEXT of OpenSSL 3: what was deciphered is wiped when it was passed on. Node has no name for it. */
const cleansePlaintext = 1 << 1;

export class Tls {
  readonly #files: TlsFiles;
  #context: SecureContext;

  /** @throws CONFIG_INVALID for files that are not there, not a pair, or that others can write */
  constructor(files: TlsFiles) {
    this.#files = files;
    this.#context = contextOf(files);
  }

  get context(): SecureContext {
    return this.#context;
  }

  /** Takes what the files hold now, for connections from now on. @throws as the constructor; then the former pair holds on */
  reload(): void {
    this.#context = contextOf(this.#files);
  }
}

function contextOf({ certificate, key }: TlsFiles): SecureContext {
  const cert = textOf(certificate);
  try {
    verifyTime(certificate, cert);
    return createSecureContext({
      cert,
      key: textOf(key),
      minVersion: 'TLSv1.2',
      secureOptions: cleansePlaintext,
    });
  } catch (error) {
    if (error instanceof CryptosyncError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new CryptosyncError('CONFIG_INVALID', `${certificate} and ${key} can't be used for TLS: ${why}`);
  }
}

function verifyTime(path: string, text: string): void {
  const { validToDate } = new crypto.X509Certificate(text);
  if (validToDate.getTime() < Date.now()) {
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `the certificate ${path} ended on ${validToDate.toISOString()}`,
    );
  }
}

function textOf(path: string): string {
  const text = readTrustedText(path);
  if (text === undefined) throw new CryptosyncError('CONFIG_INVALID', `there is no file ${path}`);
  return text;
}
