/** One line of a manifest: what it says of a path, as JSON (docs/on-the-remote.md). */
import { CryptosyncError } from '../../system/errors.ts';
import { bytesOfName, isBytes, nameOfBytes, shownPath } from '../../system/names.ts';
import { type Entry, entryKinds } from './entry.ts';

/** What a manifest says of a path: the entry, or that there is none any more, or where it was moved from. */
export interface ManifestChange {
  readonly path: string;
  readonly entry: ManifestEntry | undefined;
}

export interface ManifestEntry extends Entry {
  /** It kept changing while it was transferred: what lies there may be a mixture. */
  readonly isUnsettled?: boolean | undefined;
}

export function lineOf({ path, entry }: ManifestChange): object {
  const name = isBytes(path) ? { path: shownPath(path), pathBytes: base64Of(path) } : { path };
  if (entry === undefined) return { ...name, kind: 'removed' };
  const { kind, size, mtime, mode, uid, gid, hash, target, device, group, attributes, there } = entry;
  const [listed = '', digest] = entry.listedHash?.split(':') ?? [];
  return {
    ...name,
    kind,
    ...(kind === 'file' && { size }),
    mtime: timeText(mtime),
    ...(there !== undefined && there !== mtime && { objectTime: timeText(there) }),
    mode: mode.toString(8).padStart(4, '0'),
    uid,
    gid,
    ...(hash !== undefined && { sha256: hash }),
    ...(digest !== undefined && { [listed]: digest }),
    ...(target !== undefined && (isBytes(target) ? { targetBytes: base64Of(target) } : { target })),
    ...(device !== undefined && { device }),
    ...(group !== undefined &&
      (isBytes(group) ? { sameFileAsBytes: base64Of(group) } : { sameFileAs: group })),
    ...(attributes !== undefined && { attributes }),
    ...(entry.isUnsettled === true && { unsettled: true }),
  };
}

function base64Of(name: string): string {
  return bytesOfName(name).toString('base64');
}

/** Seconds since 1970 with nine decimals, so that nothing of it is lost in a number of JSON's. */
export function timeText(nanoseconds: bigint): string {
  const sign = nanoseconds < 0n ? '-' : '';
  const digits = String(nanoseconds < 0n ? -nanoseconds : nanoseconds).padStart(10, '0');
  return `${sign}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

export function parseTimeText(text: string): bigint | undefined {
  const match = /^(-?)(\d{1,15})\.(\d{9})$/.exec(text);
  return match === null ? undefined : BigInt(`${match[1]}${match[2]}${match[3]}`);
}

/** @throws VERIFY_FAILED */
export function changeOf(value: Record<string, unknown>, name: string): ManifestChange {
  const path = textOrBytes(value['path'], value['pathBytes']);
  if (path === undefined || !isRelative(path)) throw damaged(name, 'a path of it can not be read');
  if (value['kind'] === 'removed') return { path, entry: undefined };
  const kind = entryKinds.find((known) => known === value['kind']);
  const mtime = typeof value['mtime'] === 'string' ? parseTimeText(value['mtime']) : undefined;
  const mode =
    typeof value['mode'] === 'string' && /^[0-7]{1,4}$/.test(value['mode']) ? value['mode'] : undefined;
  const [size = 0, uid, gid] = [value['size'], value['uid'], value['gid']];
  const isRight = [size, uid, gid].every((number) => Number.isSafeInteger(number) && (number as number) >= 0);
  if (kind === undefined || mtime === undefined || mode === undefined || !isRight) {
    throw damaged(name, `what it says of ${shownPath(path)} can not be read`);
  }
  const there = typeof value['objectTime'] === 'string' ? parseTimeText(value['objectTime']) : undefined;
  const target = textOrBytes(value['target'], value['targetBytes']);
  const group = textOrBytes(value['sameFileAs'], value['sameFileAsBytes']);
  const { sha256, device, attributes } = value;
  const entry: ManifestEntry = {
    path,
    kind,
    size: size as number,
    mtime,
    mode: Number.parseInt(mode, 8),
    uid: uid as number,
    gid: gid as number,
    ...(typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256) && { hash: sha256 }),
    ...listedHashIn(value),
    ...(there !== undefined && { there }),
    ...(target !== undefined && { target }),
    ...(group !== undefined && { group }),
    ...(typeof device === 'string' && { device }),
    ...(isTexts(attributes) && { attributes }),
    ...(value['unsettled'] === true && { isUnsettled: true }),
  };
  return { path, entry };
}

/** Of what a place's list tells besides SHA-256, which stands in every manifest. */
function listedHashIn({ sha1, md5 }: Record<string, unknown>): Pick<Entry, 'listedHash'> {
  if (typeof sha1 === 'string' && /^[0-9a-f]{40}$/.test(sha1)) return { listedHash: `sha1:${sha1}` };
  if (typeof md5 === 'string' && /^[0-9a-f]{32}$/.test(md5)) return { listedHash: `md5:${md5}` };
  return {};
}

function textOrBytes(text: unknown, bytes: unknown): string | undefined {
  if (typeof bytes === 'string') return nameOfBytes(Buffer.from(bytes, 'base64'));
  return typeof text === 'string' ? text : undefined;
}

/** No manifest leads out of its tree, whoever wrote it. */
function isRelative(path: string): boolean {
  if (path === '') return true;
  return (
    !path.includes('\0') && path.split('/').every((name) => name !== '' && name !== '.' && name !== '..')
  );
}

function isTexts(value: unknown): value is Record<string, string> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((text) => typeof text === 'string')
  );
}

/** What a manifest that can't be used is called. @param name of the manifest */
export function damaged(name: string, how: string): CryptosyncError {
  return new CryptosyncError('VERIFY_FAILED', `the manifest ${name} is damaged: ${how}`, {
    details: { manifest: name },
  });
}
