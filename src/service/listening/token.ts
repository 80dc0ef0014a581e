/** The token that a server on a TCP address asks for: a file, and a comparison that takes as long for every wrong one. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { CryptosyncError } from '../../system/errors.ts';
import { readTrustedText } from '../../system/paths/trust.ts';

/** Characters; a token of fewer can be guessed. */
const shortest = 16;

/** What a client may do by what it has shown. */
export type Admission = 'admitted' | 'no token' | 'wrong token';

/** @returns judges the `Authorization` header of a request */
export type Admit = (authorization: string | undefined) => Admission;

/** On a unix socket the file's mode says who may connect. */
export const admitEverybody: Admit = () => 'admitted';

/**
 * @param path a file with the token, which nobody else can write; one line feed at its end is dropped
 * @throws CONFIG_INVALID when there is none, or it is too short
 */
export function admitByToken(path: string): Admit {
  const token = readTrustedText(path)?.replace(/\n$/, '');
  if (token === undefined) throw new CryptosyncError('CONFIG_INVALID', `there is no token file ${path}`);
  if (!new RegExp(`^[\\x21-\\x7e]{${shortest},}$`).test(token)) {
    const wanted = `at least ${shortest} characters on one line, without spaces`;
    throw new CryptosyncError('CONFIG_INVALID', `the token in ${path} is not usable: ${wanted}`);
  }
  const expected = digestOf(token);
  return (authorization) => {
    const shown = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
    if (shown === undefined) return 'no token';
    return timingSafeEqual(digestOf(shown), expected) ? 'admitted' : 'wrong token';
  };
}

/** Of one length for all, as the comparison needs it. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
