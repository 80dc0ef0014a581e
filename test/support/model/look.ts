/**
 * A directory as the model test sees it, by the system's own calls and none of the project's: every entry with all that
 * a backup has to bring back. Paths are binary strings, one character a byte, so that no name is lost.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface Seen {
  readonly kind: string;
  readonly size: number;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly hash?: string;
  readonly target?: string;
  /** The first path, by bytes, of the file that has several. */
  readonly group?: string;
  /** `user.*` attributes, each value in base64. */
  readonly attributes?: string;
}

export type SeenTree = ReadonlyMap<string, Seen>;

export const bytes = (path: string): Buffer => Buffer.from(path, 'latin1');
export const binary = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
export const below = (directory: string, path: string): Buffer =>
  Buffer.concat([Buffer.from(directory, 'utf8'), Buffer.from('/'), bytes(path)]);
export const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** @param leftOut names at the top that do not count */
export function lookAt(root: string, leftOut: readonly string[] = []): SeenTree {
  const tree = new Map<string, Seen>();
  const groups = new Map<string, string>();
  const walk = (directory: string): void => {
    const names = readdirSync(below(root, directory), { encoding: 'buffer' });
    for (const name of names.map((one) => one.toString('latin1')).sort()) {
      if (directory === '' && leftOut.includes(name)) continue;
      const path = directory === '' ? name : `${directory}/${name}`;
      const stats = lstatSync(below(root, path), { bigint: true });
      const common = {
        size: stats.isFile() ? Number(stats.size) : 0,
        mtime: stats.mtimeNs,
        mode: Number(stats.mode & 0o7777n),
        uid: Number(stats.uid),
        gid: Number(stats.gid),
      };
      const inode = String(stats.ino);
      const isGrouped = stats.nlink > 1n && !stats.isDirectory();
      if (isGrouped && !groups.has(inode)) groups.set(inode, path);
      const group = isGrouped ? { group: groups.get(inode) ?? '' } : {};
      if (stats.isDirectory()) {
        tree.set(path, { kind: 'directory', ...common });
        walk(path);
      } else if (stats.isSymbolicLink()) {
        const target = readlinkSync(below(root, path), { encoding: 'buffer' }).toString('latin1');
        tree.set(path, { kind: 'link', ...common, ...group, target });
      } else if (stats.isFile()) {
        tree.set(path, { kind: 'file', ...common, ...group, hash: sha256(readFileSync(below(root, path))) });
      } else {
        tree.set(path, { kind: stats.isFIFO() ? 'fifo' : 'other', ...common, ...group });
      }
    }
  };
  walk('');
  for (const [path, attributes] of attributesBelow(root)) {
    const seen = tree.get(path);
    if (seen !== undefined) tree.set(path, { ...seen, attributes });
  }
  return tree;
}

/** What getfattr says of `user.*`: the names of files are escaped as `\ooo`. */
function attributesBelow(root: string): Map<string, string> {
  const args = ['-R', '-P', '-h', '-d', '-m', '^user\\.', '-e', 'base64', '--', '.'];
  const { stdout } = spawnSync('getfattr', args, { cwd: root, encoding: 'latin1' });
  const found = new Map<string, string>();
  for (const block of stdout.split('\n\n')) {
    const [first = '', ...values] = block.split('\n').filter((line) => line !== '');
    const name = /^# file: (.*)$/s.exec(first)?.[1];
    if (name === undefined || values.length === 0) continue;
    const path = name.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    found.set(path.replace(/^\.\//, ''), values.sort().join(' '));
  }
  return found;
}

/** Every content below a directory, by its hash: what of a run's beginning must not be lost. */
export function contentsBelow(root: string): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (directory: Buffer): void => {
    let entries: ReturnType<typeof readEntries>;
    try {
      entries = readEntries(directory);
    } catch {
      return;
    }
    for (const entry of entries) {
      const path = Buffer.concat([directory, Buffer.from('/'), entry.name]);
      // what is written anew by every run is no content of the operator's
      if (path.toString('latin1').endsWith('/.cryptosync/manifests')) continue;
      if (path.toString('latin1').endsWith('/.cryptosync/marker.json')) continue;
      if (path.toString('latin1').endsWith('/.cryptosync/in-progress.json')) continue;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile()) found.set(sha256(readFileSync(path)), path.toString('utf8'));
    }
  };
  walk(Buffer.from(root, 'utf8'));
  return found;
}

function readEntries(directory: Buffer) {
  return readdirSync(directory, { withFileTypes: true, encoding: 'buffer' });
}
