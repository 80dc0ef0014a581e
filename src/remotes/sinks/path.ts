/** Paths on a sink: `root/client/path`. Nothing reaches them that could step out of the client's own directory. */
import * as v from 'valibot';
import { CryptosyncError } from '../../system/errors.ts';
import { controlDirectory } from '../remote.ts';

/** The same as that of client ids in `clients/names`, which this layer does not import. */
const clientPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** @throws INVALID_CLIENT_ID */
export function parseClient(client: string): string {
  if (clientPattern.test(client)) return client;
  throw new CryptosyncError('INVALID_CLIENT_ID', `${JSON.stringify(client)} is not a client id`);
}

/** True for names joined by single slashes, none of them `.` or `..`, without control characters. */
function isRelativePath(path: string): boolean {
  if (/[\p{Cc}\\]/u.test(path)) return false;
  return path.split('/').every((name) => name !== '' && name !== '.' && name !== '..');
}

/** A path below a bucket, as a setting. */
export const prefix = v.optional(
  v.pipe(v.string(), v.maxLength(512), v.check(isRelativePath, 'prefix is not a path')),
);

/**
 * Joins a sink's root, a checked client id and a path below it.
 * @param path '' for the client's directory itself.
 * @throws CONFIG_INVALID for a path that is absolute, steps upwards or names the tool's own directory.
 */
export function joinBelow(root: string, client: string, path: string): string {
  if (path !== '' && (!isRelativePath(path) || path.split('/').includes(controlDirectory))) {
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `${JSON.stringify(path)} is not a path below a client's directory`,
      {
        advice: { to: 'use-plain-names', reserved: controlDirectory },
      },
    );
  }
  const base = root === '' || root.endsWith('/') ? root : `${root}/`;
  return `${base}${client}${path === '' ? '' : `/${path}`}`;
}

/** A bucket and the prefix in it. */
export function inBucket({ bucket, prefix }: { bucket: string; prefix?: string | undefined }): string {
  return prefix === undefined ? bucket : `${bucket}/${prefix}`;
}
