/**
 * Reads what lies at a place with no code of the project's: marker and announcement as JSON, manifests by zcat, and
 * contents by their hashes wherever they lie, in the tree or in the trash (docs/on-the-remote.md).
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { below, binary, type Seen, sha256 } from './look.ts';

export interface Told {
  readonly generation: number;
  readonly id: string;
  readonly tree: ReadonlyMap<string, Seen>;
  readonly notCarried: readonly { readonly path: string }[];
}

interface MarkerDocument {
  readonly generation: number;
  readonly id: string;
  readonly manifest: { readonly file: string };
  readonly consistent?: boolean;
}

const control = '.cryptosync';

/** The last committed generation's marker; the one in the announcement where the marker itself is gone or torn. */
export function markerIn(copy: string): MarkerDocument | undefined {
  const marker = json(join(copy, control, 'marker.json')) as MarkerDocument | undefined;
  if (typeof marker?.id === 'string') return marker;
  const begun = json(join(copy, control, 'in-progress.json')) as { base?: MarkerDocument | null } | undefined;
  return begun?.base ?? undefined;
}

function json(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** What the manifests say of a generation. @param file the newest of its chain. @throws when it can't be read */
export function toldBy(copy: string, file: string): Told {
  const chain: Record<string, unknown>[][] = [];
  let name: string | null = file;
  while (name !== null) {
    const text: string = execFileSync('zcat', [join(copy, control, 'manifests', name)], {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    const lines: Record<string, unknown>[] = text
      .trimEnd()
      .split('\n')
      .map((line: string) => JSON.parse(line) as Record<string, unknown>);
    const end = lines.at(-1)?.['end'] as { entries: number } | undefined;
    if (end?.entries !== lines.length - 2) throw new Error(`${name} is torn`);
    chain.unshift(lines);
    const head: Record<string, unknown> = lines[0] ?? {};
    name = head['kind'] === 'full' ? null : String(head['changes']);
  }
  const tree = new Map<string, Seen>();
  for (const lines of chain) {
    for (const line of lines.slice(1, -1)) {
      const path = textIn(line, 'path') ?? '';
      if (line['kind'] === 'removed') tree.delete(path);
      else tree.set(path, seenIn(line));
    }
  }
  tree.delete('');
  const head = chain.at(-1)?.[0] ?? {};
  return {
    generation: Number(head['generation']),
    id: String(head['id']),
    tree,
    notCarried: (head['notCarried'] ?? []) as Told['notCarried'],
  };
}

function textIn(line: Record<string, unknown>, field: string): string | undefined {
  const raw = line[`${field}Bytes`];
  if (typeof raw === 'string') return Buffer.from(raw, 'base64').toString('latin1');
  const text = line[field];
  return typeof text === 'string' ? binary(text) : undefined;
}

function seenIn(line: Record<string, unknown>): Seen {
  const [seconds = '0', fraction = '0'] = String(line['mtime']).replace('-', '').split('.');
  const magnitude = BigInt(seconds) * 1_000_000_000n + BigInt(fraction);
  const group = textIn(line, 'sameFileAs');
  const target = textIn(line, 'target');
  const attributes = Object.entries((line['attributes'] ?? {}) as Record<string, string>)
    .filter(([name]) => name.startsWith('user.'))
    .map(([name, value]) => `${name}=0s${value}`)
    .sort();
  return {
    kind: String(line['kind']),
    size: Number(line['size'] ?? 0),
    mtime: String(line['mtime']).startsWith('-') ? -magnitude : magnitude,
    mode: Number.parseInt(String(line['mode']), 8),
    uid: Number(line['uid']),
    gid: Number(line['gid']),
    ...(typeof line['sha256'] === 'string' && { hash: line['sha256'] }),
    ...(target !== undefined && { target }),
    ...(group !== undefined && { group }),
    ...(attributes.length > 0 && { attributes: attributes.join(' ') }),
  };
}

/** The object of an entry, where it has one. */
export function objectOfSeen(path: string, { kind }: Seen): string | undefined {
  return kind === 'file' ? path : kind === 'link' ? `${path}.rclonelink` : undefined;
}

/** The content of an object in the tree of a place. */
export function contentAt(copy: string, object: string): Buffer | undefined {
  try {
    return readFileSync(below(copy, object));
  } catch {
    return undefined;
  }
}

/** What of a generation can't be found by its hash in the tree or the trash. @param held hashes of all that lies there */
export function missingOf({ tree }: Told, held: ReadonlyMap<string, string>): string[] {
  return [...tree].flatMap(([path, { kind, hash, target }]) => {
    const wanted =
      kind === 'file' ? hash : kind === 'link' ? sha256(Buffer.from(target ?? '', 'latin1')) : undefined;
    return kind === 'file' && (wanted === undefined || !held.has(wanted)) ? [path] : [];
  });
}
