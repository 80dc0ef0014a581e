/** The names of clients and profiles. They become directory names, so nothing else is ever taken for one. */
import { CryptosyncError } from '../system/errors.ts';

declare const clientBrand: unique symbol;
declare const profileBrand: unique symbol;

/** A checked client id. */
export type ClientId = string & { readonly [clientBrand]: true };
/** A checked profile name. */
export type ProfileName = string & { readonly [profileBrand]: true };

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** Directory names inside `vault/` that belong to the default profile. */
const reservedProfiles: ReadonlySet<string> = new Set(['encrypted', 'decrypted']);

export function isClientId(text: string): text is ClientId {
  return namePattern.test(text);
}

export function isProfileName(text: string): text is ProfileName {
  return namePattern.test(text) && !reservedProfiles.has(text);
}

/** @throws INVALID_CLIENT_ID */
export function parseClientId(text: string): ClientId {
  if (isClientId(text)) return text;
  throw new CryptosyncError('INVALID_CLIENT_ID', `${JSON.stringify(text)} is not a client id`);
}

/** @throws USAGE */
export function parseProfileName(text: string): ProfileName {
  if (isProfileName(text)) return text;
  throw new CryptosyncError('USAGE', `${JSON.stringify(text)} is not a profile name`, {
    advice: reservedProfiles.has(text)
      ? { to: 'choose-unreserved-name', name: text }
      : { to: 'follow-name-rule' },
  });
}

export const defaultProfile = 'default' as ProfileName;
