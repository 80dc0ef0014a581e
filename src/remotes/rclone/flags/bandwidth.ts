/** rclone's bandwidth limits (rclone.org/docs, --bwlimit), checked before a run begins: rclone refuses them in its midst. */
import { CryptosyncError } from '../../../system/errors.ts';

const rate = String.raw`(?:off|\d{1,9}(?:\.\d{1,3})?(?:b|[kmgtpe](?:i(?:b)?)?)?)`;
const day = '(?:sun(?:day)?|mon(?:day)?|tue(?:sday)?|wed(?:nesday)?|thu(?:rsday)?|fri(?:day)?|sat(?:urday)?)';
/** One rate, or several with the times from which they hold: `08:00,512k Sat-00:00,off`. Upload and download apart: `10M:1M`. */
const single = new RegExp(`^${rate}(?::${rate})?$`, 'i');
const timed = new RegExp(String.raw`^(?:${day}-)?(?:[01]\d|2[0-3]):[0-5]\d,${rate}(?::${rate})?$`, 'i');

export function isBandwidthLimit(text: string): boolean {
  return single.test(text) || text.split(' ').every((word) => timed.test(word));
}

/** @returns the limit as it is. @throws USAGE */
export function verifyBandwidthLimit(text: string): string {
  if (isBandwidthLimit(text)) return text;
  throw new CryptosyncError('USAGE', `${JSON.stringify(text)} is not a bandwidth limit`, {
    advice: { to: 'write-bandwidth' },
  });
}
