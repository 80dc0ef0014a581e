/**
 * What tells a CryFS vault from every other without its password: cryfs.config. All but its head is encrypted, the
 * cipher of the blocks too (CryFS's OuterConfig.cpp), so it is compared as bytes.
 */
import type { FileReader, IdentityLook } from './engine.ts';

export const configFile = 'cryfs.config';

const head = Buffer.from('cryfs.config;1;scrypt\0');
/** CryFS pads what it encrypts to this many bytes at the least. */
const leastEncrypted = 1024;

export function lookAtIdentity(read: FileReader): IdentityLook {
  const content = read(configFile);
  const tear = tearOf(content);
  return {
    files: new Map([[configFile, content]]),
    torn: tear === undefined ? undefined : `${configFile} ${tear}`,
    madeWith: undefined,
  };
}

function tearOf(content: Buffer | undefined): string | undefined {
  if (content === undefined) return 'is missing';
  if (content.length === 0) return 'is empty';
  if (!content.subarray(0, head.length).equals(head)) return 'does not begin as one of CryFS does';
  const lengthAt = head.length + 8;
  if (content.length < lengthAt) return 'is cut short';
  const parameters = Number(content.readBigUInt64LE(head.length));
  return content.length < lengthAt + parameters + leastEncrypted ? 'is cut short' : undefined;
}
