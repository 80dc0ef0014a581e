/**
 * The same tree as the Debian package's, as rpm wants it: paths of its distributions, its names of what is needed, and its
 * moments for the same scripts (Fedora packaging guidelines, "Scriptlets").
 */
import {
  cpSync,
  globSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../build/root.ts';
import { summary } from './control.ts';
import { documents, settle } from './tree.ts';

export interface RpmEdition {
  readonly version: string;
  readonly description: string;
  /** Seconds since 1970. */
  readonly time: number;
  /** rpm's name of a compression, with its level: `w7.xzdio`. */
  readonly payload: string;
}

/** As Fedora and its kin name them; which engine is there is the operator's choice. */
const needed = [
  'rclone',
  '(gocryptfs or cryfs)',
  'fuse3',
  'util-linux >= 2.33',
  'e2fsprogs',
  'glibc >= 2.28',
  'libstdc++',
];

/** Where Debian's path is not rpm's. */
const moved: readonly (readonly [string, string])[] = [
  ['lib/systemd/system', 'usr/lib/systemd/system'],
  ['usr/share/zsh/vendor-completions', 'usr/share/zsh/site-functions'],
];

/** What only Debian's tools read. */
const debianAlone = ['DEBIAN', 'usr/share/lintian', `${documents}/changelog.gz`];

/**
 * Writes the tree and the spec of an rpm.
 * @param tree the Debian package's
 * @param scratch a directory of the caller's
 * @returns what rpmbuild is called with
 */
export function layOutRpm(tree: string, scratch: string, edition: RpmEdition): string[] {
  const own = join(scratch, 'rpm-tree');
  cpSync(tree, own, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  for (const path of debianAlone) rmSync(join(own, path), { recursive: true, force: true });
  for (const [from, to] of moved) {
    mkdirSync(dirname(join(own, to)), { recursive: true });
    renameSync(join(own, from), join(own, to));
  }
  rmSync(join(own, 'lib'), { recursive: true });
  settle(own, edition.time);
  const spec = join(scratch, 'cryptosync.spec');
  writeFileSync(spec, specOf(own, edition));
  return ['-bb', '--quiet', '--target', 'x86_64', '--define', `_topdir ${join(scratch, 'rpmbuild')}`, spec];
}

/** @param version of npm's form, or with a suffix: `~` sorts below it with rpm as with dpkg, and `-` parts a release */
function specOf(tree: string, { version, description, time, payload }: RpmEdition): string {
  const date = new Date(time * 1000).toUTCString().replace(/^(\w+), 0?(\d+) (\w+) (\d+).*/, '$1 $3 $2 $4');
  return `# what is packed is built already: nothing is stripped, compressed or looked into
%define __os_install_post %{nil}
%define debug_package %{nil}
%define _build_id_links none
%define _buildhost localhost
%define use_source_date_epoch_as_buildtime 1
%define clamp_mtime_to_source_date_epoch 1
%define _binary_payload ${payload}
Name: cryptosync
Version: ${version.replaceAll('-', '~')}
Release: 1
Summary: ${description.replace(/[.]$/, '').replace(/:.*/s, '')}
License: MIT
AutoReqProv: no
${needed.map((one) => `Requires: ${one}`).join('\n')}
Recommends: attr
Recommends: ca-certificates
%description
${summary}

The program comes with a node of its own.
%install
cp -a '${tree}/.' '%{buildroot}/'
%pre
[ "$1" -lt 2 ] || set -- upgrade
${scriptOf('prerm')}
%post
set -- configure
${scriptOf('postinst')}
%preun
[ "$1" -eq 0 ] || exit 0
set -- remove
${scriptOf('prerm')}
%postun
[ "$1" -eq 0 ] && set -- purge || set -- upgrade
${scriptOf('postrm')}
%files
${filesOf(tree).join('\n')}
%changelog
* ${date} cryptosync contributors <cryptosync@localhost> - ${version.replaceAll('-', '~')}-1
- What has changed: /usr/lib/cryptosync/CHANGELOG.md
`;
}

/** Debian's script, whose one argument says what happens; rpm says it by how many are there afterwards. */
function scriptOf(name: string): string {
  const text = readFileSync(`${root}scripts/package/debian/${name}`, 'utf8');
  // in a spec a percent sign begins a macro
  return text
    .replace(/^#!.*\n/, '')
    .replaceAll('%', '%%')
    .trim();
}

/** Files, and the directories that are ours alone. */
function filesOf(tree: string): string[] {
  const ours = (path: string): boolean => /^usr\/(?:lib|share\/doc)\/cryptosync(?:$|\/)/.test(path);
  return globSync('**', { cwd: tree })
    .filter((path) => path !== '.' && path !== '')
    .sort()
    .flatMap((path) => {
      const attributes = (mode: number): string => `%attr(${(mode & 0o777).toString(8)},root,root)`;
      const found = lstatSync(join(tree, path));
      if (found.isDirectory()) return ours(path) ? [`%dir ${attributes(found.mode)} "/${path}"`] : [];
      if (found.isSymbolicLink()) return [`"/${path}"`];
      const kind = path.startsWith('etc/') ? '%config(noreplace) ' : '';
      return [`${kind}${attributes(found.mode)} "/${path}"`];
    });
}
