/** Words of the command line that are read the same way by several commands. */
import { CryptosyncError } from '../system/errors.ts';

/** `name:path`. @throws USAGE */
export function placeFrom(flag: string, text: string): { readonly name: string; readonly path: string } {
  const colon = text.indexOf(':');
  if (colon > 0) return { name: text.slice(0, colon), path: text.slice(colon + 1) };
  throw new CryptosyncError('USAGE', `${flag} ${JSON.stringify(text)} names no remote`, {
    advice: { to: 'write-place' },
  });
}

/** A date, or a date and a time, in ISO 8601; without a zone it is this machine's. Milliseconds since 1970. @throws USAGE */
export function timeOf(flag: string, text: string): number {
  const match = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:?\d\d)?)?$/.test(text);
  // a day alone means until its end
  const time = match
    ? Date.parse(text.length === 10 ? `${text}T23:59:59.999` : text.replace(' ', 'T'))
    : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new CryptosyncError('USAGE', `${flag} ${JSON.stringify(text)} is no time`, {
    advice: { to: 'write-time' },
  });
}

/** A path that stays below whatever it is put behind. @throws USAGE */
export function insideOf(flag: string, text: string): string {
  const names = text.split('/').filter((name) => name !== '' && name !== '.');
  if (names.length > 0 && !names.includes('..')) return names.join('/');
  throw new CryptosyncError('USAGE', `${flag} ${JSON.stringify(text)} is no path below the mount directory`, {
    advice: { to: 'give-value' },
  });
}

const units: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** `5%`, or an amount of data: `200MiB`, `1G`; binary units. @throws USAGE */
export function sampleOf(
  flag: string,
  text: string,
): { readonly percent: number } | { readonly bytes: number } {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)(?:(%)|([KMGT]?)(?:i?B)?)$/i.exec(text);
  const amount = Number(match?.[1]);
  if (match?.[2] === '%' && amount > 0 && amount <= 100) return { percent: amount };
  const bytes = amount * (units[match?.[3]?.toUpperCase() ?? ''] ?? 1);
  if (match !== null && match[2] === undefined && bytes >= 1) return { bytes: Math.round(bytes) };
  throw new CryptosyncError('USAGE', `${flag} ${JSON.stringify(text)} is no part of what lies there`, {
    advice: { to: 'write-sample' },
  });
}
