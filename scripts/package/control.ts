/** What dpkg is told of the package: its fields, its scripts, and the sums of its files. */
import { createHash } from 'node:crypto';
import { chmodSync, globSync, lstatSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../build/root.ts';

/** Nobody's: the project has no address yet. */
export const maintainer = 'cryptosync contributors <cryptosync@localhost>';

/** What it is for, in lines of a package's description. */
export const summary = `One command each to set up a client's vault (gocryptfs or CryFS), to mount it,
and to bring its ciphertext to any remote that rclone knows, guarded, with
generations that can be verified and restored.`;

/** Whichever of the two engines is there, a vault can be made; flock, setpriv and chattr are called. */
const depends = [
  'libc6 (>= 2.28)',
  'libgcc-s1',
  'libstdc++6 (>= 9)',
  'rclone',
  'gocryptfs | cryfs',
  'fuse3',
  'util-linux (>= 2.33)',
  'e2fsprogs',
];

/** @param tree of the package's files, whose `DEBIAN` is made */
export function writeControl(tree: string, { version, time }: { version: string; time: number }): void {
  const folder = join(tree, 'DEBIAN');
  mkdirSync(folder);
  const files = globSync('**', { cwd: tree })
    .filter((path) => !path.startsWith('DEBIAN') && lstatSync(join(tree, path)).isFile())
    .sort();
  const sizes = files.map((path) => Math.ceil(lstatSync(join(tree, path)).size / 1024));
  const sums = files.map((path) => `${digest(readFileSync(join(tree, path)))}  ${path}`);
  const parts: Record<string, string> = {
    control: controlFile(
      version,
      sizes.reduce((sum, size) => sum + size, 0),
    ),
    md5sums: `${sums.join('\n')}\n`,
    conffiles: `${files
      .filter((path) => path.startsWith('etc/'))
      .map((path) => `/${path}`)
      .join('\n')}\n`,
  };
  for (const name of ['postinst', 'prerm', 'postrm'])
    parts[name] = readFileSync(`${root}scripts/package/debian/${name}`, 'utf8');
  for (const [name, content] of Object.entries(parts)) {
    const path = join(folder, name);
    writeFileSync(path, content);
    chmodSync(path, content.startsWith('#!') ? 0o755 : 0o644);
    utimesSync(path, time, time);
  }
  utimesSync(folder, time, time);
  utimesSync(tree, time, time);
}

function controlFile(version: string, kibibytes: number): string {
  return `Package: cryptosync
Version: ${version}
Architecture: amd64
Maintainer: ${maintainer}
Installed-Size: ${kibibytes}
Depends: ${depends.join(', ')}
Recommends: attr, ca-certificates
Suggests: age, bash-completion, cryfs
Section: utils
Priority: optional
Description: encrypted vaults for those who keep other people's files
${summary.replaceAll(/^/gm, ' ')}
 .
 The program comes with a node of its own.
`;
}

/** For `dpkg --verify`, which knows no other. */
function digest(content: Buffer): string {
  return createHash('md5').update(content).digest('hex');
}
