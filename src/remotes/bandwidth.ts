/** rclone's bandwidth limits (rclone.org/docs, --bwlimit), checked before a run begins: rclone refuses them in its midst. */
import { CryptosyncError } from '../system/errors.ts';

const rate = String.raw`(?:off|\d+(?:\.\d+)?(?:[BKMGTPE](?:i(?:B)?)?)?)`;
/** One rate, or several with the times from which they hold: `08:00,512k Sat-00:00,off`. Upload and download apart: `10M:1M`. */
const limit = new RegExp(String.raw`^(?:(?:[a-z]+-)?\d\d:\d\d,)?${rate}(?::${rate})?$`, 'i');

/** @returns the limit as it is. @throws USAGE */
export function verifyBandwidthLimit(text: string): string {
  if (text !== '' && text.split(' ').every((word) => limit.test(word))) return text;
  throw new CryptosyncError('USAGE', `${JSON.stringify(text)} is not a bandwidth limit`, {
    hint: 'Write it as rclone takes it: 10M (MiB a second), 10M:1M, or "08:00,512k 19:00,off".',
  });
}
