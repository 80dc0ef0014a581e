/** Lays out what the Debian package puts on a machine. */
import {
  chmodSync,
  cpSync,
  globSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { renderUnits } from '../../src/service/units.ts';
import { root } from '../build/root.ts';
import { maintainer } from './control.ts';
import { type Edition, type Manifest, manPages } from './man.ts';

/** Where the program lies, with a node of its own. */
const home = 'usr/lib/cryptosync';
export const documents = 'usr/share/doc/cryptosync';
const debian = `${root}scripts/package/debian`;

/** What is copied as it is; docs, schema and completions are read by the program itself. */
const copied = ['dist', 'docs', 'schema', 'completions', 'oclif.manifest.json', 'README.md', 'CHANGELOG.md'];

/**
 * Fills a directory with the package's files, all of one time.
 * @param tree is made, and must not be there
 * @param node the executable that comes along
 */
export function layOut(
  tree: string,
  { edition, node, time }: { edition: Edition; node: string; time: number },
): void {
  const at = (path: string): string => join(tree, path);
  const write = (path: string, content: string | Buffer, mode = 0o644): void => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), content);
    chmodSync(at(path), mode);
  };
  const copy = (from: string, path: string): void => write(path, readFileSync(from));
  const compressed = (text: string | Buffer): Buffer => gzipSync(text, { level: 9 });

  write(`${home}/node`, readFileSync(node), 0o755);
  for (const name of copied)
    cpSync(`${root}${name}`, at(`${home}/${name}`), { recursive: true, filter: isNeeded });
  write(`${home}/package.json`, packageJson(edition.version));
  const script = readFileSync(`${root}bin/run.js`, 'utf8').replace(/^#!.*/, `#!/${home}/node`);
  write(`${home}/bin/run.js`, script, 0o755);
  copy(`${root}bin/chunks.js`, `${home}/bin/chunks.js`);
  link(at('usr/bin/cryptosync'), '../lib/cryptosync/bin/run.js');
  link(at(`${documents}/docs`), '../../../lib/cryptosync/docs');

  const manifest = JSON.parse(readFileSync(`${root}oclif.manifest.json`, 'utf8')) as Manifest;
  for (const [name, page] of Object.entries(manPages(manifest, edition)))
    write(`usr/share/man/man1/${name}.gz`, compressed(page));
  copy(`${root}completions/cryptosync.bash`, 'usr/share/bash-completion/completions/cryptosync');
  copy(`${root}completions/_cryptosync`, 'usr/share/zsh/vendor-completions/_cryptosync');
  copy(`${root}completions/cryptosync.fish`, 'usr/share/fish/vendor_completions.d/cryptosync.fish');

  copy(`${debian}/logrotate`, 'etc/logrotate.d/cryptosync');
  copy(`${debian}/tmpfiles`, 'usr/lib/tmpfiles.d/cryptosync.conf');
  const units = renderUnits({
    command: ['/usr/bin/cryptosync', 'serve'],
    socket: '/run/cryptosync/cryptosync.sock',
    drainSeconds: 60,
  });
  write('lib/systemd/system/cryptosync.socket', units.socket);
  write('lib/systemd/system/cryptosync.service', units.service);

  write(`${documents}/copyright`, copyright(edition.date.slice(0, 4)));
  write(`${documents}/changelog.gz`, compressed(debianChangelog(edition.version, time)));
  copy(`${debian}/lintian-overrides`, 'usr/share/lintian/overrides/cryptosync');
  settle(tree, time);
}

/** The library's types are for those who install it by npm. */
function isNeeded(path: string): boolean {
  return !path.endsWith('.d.ts');
}

function packageJson(version: string): string {
  const { name, description, license, type, bin, oclif } = JSON.parse(
    readFileSync(`${root}package.json`, 'utf8'),
  );
  return `${JSON.stringify({ name, version, description, license, type, bin, oclif }, undefined, 2)}\n`;
}

function link(path: string, target: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
}

/** In the form that Debian's tools read; what has changed stands elsewhere. */
function debianChangelog(version: string, time: number): string {
  const date = new Date(time * 1000).toUTCString().replace('GMT', '+0000');
  return `cryptosync (${version}) unstable; urgency=medium

  * What has changed: /${home}/CHANGELOG.md

 -- ${maintainer}  ${date}
`;
}

/** Ours, and that of every package that is bundled. */
function copyright(year: string): string {
  const { packages } = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8')) as {
    packages: Record<string, Locked>;
  };
  const bundled = Object.entries(packages)
    .filter(([path, { dev, version }]) => path !== '' && dev !== true && version !== undefined)
    .map(
      ([path, { version, license }]) =>
        ` ${path.replace(/^.*node_modules\//, '')} ${version}: ${license ?? 'see its page'}`,
    );
  return [
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/',
    'Upstream-Name: cryptosync',
    '',
    'Files: *',
    `Copyright: ${year} cryptosync contributors`,
    'License: MIT',
    'Comment: Packages that are bundled in usr/lib/cryptosync/dist, each under its own license:',
    ...new Set(bundled.sort()),
    '',
    'Files: usr/lib/cryptosync/node',
    `Copyright: ${year} Node.js contributors`,
    'License: MIT',
    'Comment: With the libraries that its LICENSE names, at https://github.com/nodejs/node',
    '',
    'License: MIT',
    ...readFileSync(`${root}LICENSE`, 'utf8')
      .trim()
      .split('\n')
      .slice(4)
      .map((line) => (line === '' ? ' .' : ` ${line}`)),
    '',
  ].join('\n');
}

/** Gives every file and directory of a tree one time, and directories and files the modes that Debian wants. */
export function settle(tree: string, time: number): void {
  const paths = globSync('**', { cwd: tree }).map((path) => join(tree, path));
  for (const path of paths.toReversed()) {
    const found = lstatSync(path);
    if (found.isSymbolicLink()) lutimesSync(path, time, time);
    else {
      chmodSync(path, found.isDirectory() ? 0o755 : found.mode & 0o100 ? 0o755 : 0o644);
      utimesSync(path, time, time);
    }
  }
}
