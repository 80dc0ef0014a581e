/** A secret in every form in which it might be found again. */
import { reveal } from '../../src/remotes/rclone/obscure.ts';

/** The forms of a secret that a search for text finds: as it is, in base64 at any offset, in hexadecimal, in a URL. */
export function formsOf(secret: string): Readonly<Record<string, string>> {
  const bytes = Buffer.from(secret);
  const forms: Record<string, string> = {
    raw: secret,
    hex: bytes.toString('hex'),
    HEX: bytes.toString('hex').toUpperCase(),
    url: encodeURIComponent(secret),
    json: JSON.stringify(secret).slice(1, -1),
  };
  for (const offset of [0, 1, 2]) {
    // the characters that do not depend on what stands before and behind the secret
    const padded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const core = padded.slice(offset === 0 ? 0 : 4, padded.length - (padded.endsWith('=') ? 4 : 0));
    forms[`base64+${offset}`] = core;
    forms[`base64url+${offset}`] = core.replaceAll('+', '-').replaceAll('/', '_');
  }
  return forms;
}

const possiblyObscured = /[A-Za-z0-9_-]{22,}/g;

/** The names of the forms in which the secrets stand in a text, such as `remote secret: raw`. */
export function findSecrets(text: string, secrets: Readonly<Record<string, string>>): string[] {
  const found: string[] = [];
  for (const [name, secret] of Object.entries(secrets)) {
    for (const [form, needle] of Object.entries(formsOf(secret)))
      if (text.includes(needle)) found.push(`${name}: ${form}`);
  }
  for (const [word] of text.matchAll(possiblyObscured)) {
    const revealed = reveal(word);
    for (const [name, secret] of Object.entries(secrets))
      if (revealed?.includes(secret)) found.push(`${name}: obscured`);
  }
  return found;
}
