/**
 * The manifest: what a generation consists of, as it lies on the remote, one JSON object a line, gzipped, so that
 * `zcat` and `jq` read it: docs/on-the-remote.md. A full one names everything; a delta what became of its parent.
 */
import { createHmac } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { isEqual } from '../../remotes/control/seal.ts';
import { pauseForSignals } from '../../system/turns.ts';
import { changeOf, damaged, lineOf, type ManifestChange } from './manifest-line.ts';

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

/**
 * @param name for messages. @param sealKey undefined when this machine has none
 * @throws VERIFY_FAILED when it is torn, or its seal is not the vault's
 */
export function decodeManifest(bytes: Buffer, name: string, sealKey: Buffer | undefined): Manifest {
  const { lines, ...rest } = linesOf(bytes, name, sealKey);
  return { ...rest, changes: lines.map((line) => changeOf(parse(line, name), name)) };
}

/** The same, while other things go on beside. */
export async function decodeManifestInTurns(
  bytes: Buffer,
  name: string,
  sealKey: Buffer | undefined,
): Promise<Manifest> {
  const { lines, ...rest } = linesOf(bytes, name, sealKey);
  const turn = pauseForSignals(undefined);
  const changes: ManifestChange[] = [];
  for (const line of lines) {
    if (turn.isDue()) await turn.take();
    changes.push(changeOf(parse(line, name), name));
  }
  return { ...rest, changes };
}

interface Lines extends Omit<Manifest, 'changes'> {
  /** One a change. */
  readonly lines: readonly string[];
}

function linesOf(bytes: Buffer, name: string, sealKey: Buffer | undefined): Lines {
  const text = unzipped(bytes, name).toString('utf8');
  const lines = text.split('\n');
  if (lines.pop() !== '') throw damaged(name, 'its end is missing');
  const last = parse(lines.pop() ?? '', name) as { end?: { entries?: unknown; seal?: unknown } };
  const head = headOf(parse(lines[0] ?? '', name), name);
  const body = Buffer.from(`${lines.join('\n')}\n`, 'utf8');
  const changes = lines.slice(1);
  if (last.end?.entries !== changes.length) throw damaged(name, 'its end does not belong to it');
  return { head, lines: changes, seal: judgeSeal(body, last.end.seal, name, sealKey) };
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
