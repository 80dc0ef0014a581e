/**
 * HTTP statuses in what rclone's backends say. A number counts only in the forms in which they print one: a size of
 * 403 bytes is no refusal.
 */
import { STATUS_CODES } from 'node:http';

/**
 * `Unauthorized: 401 Unauthorized` (WebDAV, HTTP, Swift) · `status code: 403` and `StatusCode: 403` (S3, with either
 * of AWS' libraries) · `HTTP error 403 (403 Forbidden) returned body` (rclone's own lib/rest) · `googleapi: Error 403:`
 * (Drive, Google Cloud Storage) · `(401 unauthorized)` (B2) · `RESPONSE 403:` and `RESPONSE Status: 403` (Azure) ·
 * `HTTP/1.1 503`
 */
const forms: readonly RegExp[] = [
  /\bstatus ?code[:= ]+(\d{3})\b/gi,
  /\bHTTP(?:\/\d(?:\.\d)?| error:?| status:?) (\d{3})\b/gi,
  /\bError (\d{3}):/g,
  /\((\d{3}) [a-z]+(?:_[a-z]+)*\)/g,
  /\bRESPONSE (?:Status: )?(\d{3})\b/g,
];
const withReason = /\b(\d{3}) ([A-Z][A-Za-z' -]+)/g;

/** @param said without the names of files and addresses, which may hold anything. */
export function httpStatusesIn(said: string): ReadonlySet<number> {
  const found = forms.flatMap((form) => [...said.matchAll(form)].map(([, code]) => Number(code)));
  for (const [, code = '', reason = ''] of said.matchAll(withReason)) {
    const known = STATUS_CODES[code];
    if (known !== undefined && reason.toLowerCase().startsWith(known.toLowerCase())) found.push(Number(code));
  }
  return new Set(found);
}
