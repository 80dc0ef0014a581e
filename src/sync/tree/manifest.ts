/**
 * The manifest: what a generation consists of, as it lies on the remote, one JSON object a line, gzipped, so that
 * `zcat` and `jq` read it: docs/on-the-remote.md. A full one names everything; a delta what became of its parent.
 */
import { createHmac } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { isEqual } from '../../remotes/control/seal.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { bytesOfName, isBytes, nameOfBytes, shownPath } from '../../system/names.ts';
import { type Entry, entryKinds } from './entry.ts';

export interface ManifestHead {
  readonly kind: 'full' | 'delta';
  readonly vaultId: string;
  readonly generation: number;
  readonly id: string;
  /** The id that it came from; null for the first. */
  readonly parent: string | null;
  /** The manifest that a delta changes. */
  readonly changes: string | null;
  readonly machine: string;
  readonly at: string;
  /** What is here and could not be carried: a path for people, and why. */
  readonly notCarried: readonly { readonly path: string; readonly why: string }[];
}

/** What a manifest says of a path: the entry, or that there is none any more, or where it was moved from. */
export interface ManifestChange {
  readonly path: string;
  readonly entry: ManifestEntry | undefined;
}

export interface ManifestEntry extends Entry {
  /** It kept changing while it was transferred: what lies there may be a mixture. */
  readonly isUnsettled?: boolean | undefined;
}

export interface Manifest {
  readonly head: ManifestHead;
  readonly changes: readonly ManifestChange[];
  /** `none` when it carries no seal, `unknown` when there is no key to check it with. */
  readonly seal: 'right' | 'none' | 'unknown';
}

const version = 1;

/** @param changes in the order of trees. @returns the bytes of the file */
export function encodeManifest(
  head: ManifestHead,
  changes: Iterable<ManifestChange>,
  sealKey: Buffer | undefined,
): Buffer {
  const lines = [JSON.stringify({ cryptosync: 'manifest', version, ...head })];
  let entries = 0;
  for (const change of changes) {
    lines.push(JSON.stringify(lineOf(change)));
    entries += 1;
  }
  const body = Buffer.from(`${lines.join('\n')}\n`, 'utf8');
  const seal = sealKey === undefined ? null : sealOfBody(body, sealKey);
  const end = Buffer.from(`${JSON.stringify({ end: { entries, seal } })}\n`, 'utf8');
  return gzipSync(Buffer.concat([body, end]), { level: 6 });
}

function sealOfBody(body: Buffer, key: Buffer): string {
  return `hmac-sha256:${createHmac('sha256', key).update(body).digest('hex')}`;
}

function lineOf({ path, entry }: ManifestChange): object {
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

/**
 * @param name for messages. @param sealKey undefined when this machine has none
 * @throws VERIFY_FAILED when it is torn, or its seal is not the vault's
 */
export function decodeManifest(bytes: Buffer, name: string, sealKey: Buffer | undefined): Manifest {
  const text = unzipped(bytes, name).toString('utf8');
  const lines = text.split('\n');
  if (lines.pop() !== '') throw damaged(name, 'its end is missing');
  const last = parse(lines.pop() ?? '', name) as { end?: { entries?: unknown; seal?: unknown } };
  const head = headOf(parse(lines[0] ?? '', name), name);
  const changes = lines.slice(1).map((line) => changeOf(parse(line, name), name));
  if (last.end?.entries !== changes.length) throw damaged(name, 'its end does not belong to it');
  const body = Buffer.from(`${lines.join('\n')}\n`, 'utf8');
  return { head, changes, seal: judgeSeal(body, last.end.seal, name, sealKey) };
}

/** Z_SYNC_FLUSH of zlib.h: what is cut off is unpacked as far as it goes. */
const syncFlush = 2;
/** Bytes of a manifest in which its head mostly lies. */
const usualHead = 65_536;

/** The first line alone, for who only asks where a manifest belongs; no seal is looked at. @throws VERIFY_FAILED */
export function decodeHead(bytes: Buffer, name: string): ManifestHead {
  const begin = begins(bytes.subarray(0, usualHead), name);
  const end = begin.indexOf(10);
  const text = end < 0 ? unzipped(bytes, name) : begin;
  return headOf(parse(text.toString('utf8', 0, text.indexOf(10)), name), name);
}

function begins(bytes: Buffer, name: string): Buffer {
  try {
    return gunzipSync(bytes, { finishFlush: syncFlush, maxOutputLength: longest });
  } catch {
    throw damaged(name, 'it can not be unpacked');
  }
}

function judgeSeal(body: Buffer, seal: unknown, name: string, key: Buffer | undefined): Manifest['seal'] {
  if (typeof seal !== 'string') return 'none';
  if (key === undefined) return 'unknown';
  if (isEqual(seal, sealOfBody(body, key))) return 'right';
  throw damaged(name, "its seal is not this vault's: it was changed or forged");
}

/** Bytes that a manifest may have when it is unpacked: some millions of entries. */
const longest = 2 ** 30;

function unzipped(bytes: Buffer, name: string): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: longest });
  } catch {
    throw damaged(name, 'it can not be unpacked');
  }
}

function parse(line: string, name: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // told below
  }
  throw damaged(name, 'a line of it can not be read');
}

function headOf(value: Record<string, unknown>, name: string): ManifestHead {
  const { kind, vaultId, generation, id, parent, changes, machine, at } = value;
  const isRight =
    value['cryptosync'] === 'manifest' &&
    value['version'] === version &&
    (kind === 'full' || kind === 'delta') &&
    [vaultId, id, machine, at].every((field) => typeof field === 'string') &&
    [parent, changes].every((field) => field === null || typeof field === 'string') &&
    Number.isSafeInteger(generation);
  if (!isRight) throw damaged(name, 'its head can not be read');
  const notCarried = Array.isArray(value['notCarried']) ? value['notCarried'] : [];
  return { kind, vaultId, generation, id, parent, changes, machine, at, notCarried } as ManifestHead;
}

function changeOf(value: Record<string, unknown>, name: string): ManifestChange {
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

function damaged(name: string, how: string): CryptosyncError {
  return new CryptosyncError('VERIFY_FAILED', `the manifest ${name} is damaged: ${how}`, {
    details: { manifest: name },
  });
}
