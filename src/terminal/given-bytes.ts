/**
 * What was typed, or stands in the environment, as the bytes that it is: node puts one sign for all that is no text
 * (hazards.md N3), and a path with it in it is another path, which is not there, or would be made.
 */
import { CryptosyncError } from '../system/errors.ts';
import { bytesOfArgument, bytesOfVariable, replacement } from '../system/true-bytes.ts';

/** Values that are taken as their bytes, or have an error of their own. */
const takenAsBytes: readonly string[] = ['vault-password', 'remote-option', 'remote-options'];
const variables = ['CRYPTOSYNC_ROOT', 'CRYPTOSYNC_LOG', 'CRYPTOSYNC_CONFIG', 'CRYPTOSYNC_CLIENT'] as const;

/** @param words as this process got them. @throws USAGE for what is no UTF-8, before it is used as something else */
export function verifyText(flags: object, words: readonly string[], environment: NodeJS.ProcessEnv): void {
  const values = Object.entries(flags).map(([name, value]): [string, unknown[]] => [name, [value].flat()]);
  const nameOf = (word: string): string | undefined =>
    values.find(([name, texts]) => texts.some((text) => text === word || word === `--${name}=${text}`))?.[0];
  for (const word of words.filter(hasLost)) {
    const name = nameOf(word);
    if (name !== undefined && takenAsBytes.includes(name)) continue;
    if (!isThis(word, bytesOfArgument(word))) throw noText(name === undefined ? 'an argument' : `--${name}`);
  }
  for (const name of variables) {
    const value = environment[name] ?? '';
    if (hasLost(value) && !isThis(value, bytesOfVariable(name, value))) throw noText(name);
  }
}

const hasLost = (text: string): boolean => text.includes(replacement);

const isThis = (text: string, bytes: Buffer | undefined): boolean =>
  bytes?.equals(Buffer.from(text)) === true;

function noText(what: string): CryptosyncError {
  return new CryptosyncError('USAGE', `${what} holds bytes that are no UTF-8`, {
    advice: { to: 'name-in-utf8' },
  });
}
