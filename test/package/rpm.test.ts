/**
 * The rpm, by rpm itself: installed, upgraded, erased. No tree of its distributions is to be had from Debian's mirror, so it
 * is a bare Debian, whose rpm has nothing on record of what is needed; those names are looked at alone.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BareDebian, makeBareDebian } from '../support/bare-debian.ts';
import { makePackage, readClient, repository, setUpClient, version } from '../support/packaging.ts';

/** What `npm run package` made. */
const current = join(repository, 'dist-package', `cryptosync-${version}-1.x86_64.rpm`);

const scratch = mkdtempSync(join(tmpdir(), 'cryptosync-packages-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const asked = (...args: string[]): string[] =>
  execFileSync('rpm', ['-q', ...args, '-p', current], { encoding: 'utf8' })
    .trim()
    .split('\n');

describe('the rpm', () => {
  it('is the same, byte by byte, when it is made again', () => {
    const digest = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
    const [one, other] = ['one', 'other'].map((name) => digest(makePackage('rpm', join(scratch, name))));
    expect(one).toBe(other);
  });

  it('has files of root alone, which no other can write, at the paths of its distributions', () => {
    const lines = asked('-lv');
    expect(lines.length).toBeGreaterThan(100);
    const ofRoot = /^(?:[-d]rw[x-]r-[x-]r-[x-]|lrwxrwxrwx) +\d+ root +root +/;
    expect(lines.filter((line) => !ofRoot.test(line))).toEqual([]);
    const paths = asked('-l');
    for (const path of [
      '/usr/bin/cryptosync',
      '/usr/lib/systemd/system/cryptosync.service',
      '/usr/share/zsh/site-functions/_cryptosync',
      '/usr/share/man/man1/cryptosync-sync.1.gz',
    ])
      expect(paths).toContain(path);
    // directories of the system belong to the system's packages
    expect(paths.filter((path) => ['/usr', '/usr/bin', '/etc', '/lib'].includes(path))).toEqual([]);
    expect(asked('-c')).toEqual(['/etc/logrotate.d/cryptosync']);
    expect(asked('--requires')).toEqual(
      expect.arrayContaining(['rclone', '(gocryptfs or cryfs)', 'fuse3', 'util-linux >= 2.33', 'e2fsprogs']),
    );
    expect(statSync(current).size).toBeLessThan(40 * 2 ** 20);
  });
});

describe('by rpm, in a bare tree without node', () => {
  let tree: BareDebian;
  beforeAll(() => {
    tree = makeBareDebian();
    const packages = 'rpm rclone gocryptfs fuse3 e2fsprogs util-linux';
    tree.run(`apt-get -qq update
      DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends ${packages}`);
  });
  afterAll(() => tree?.cleanUp());

  it('is installed, upgraded, and erased, and everything of the operator’s stays', () => {
    const older = tree.take(makePackage('rpm', scratch, '--suffix', '~older'));
    tree.run(`rpm -i --nodeps ${older}`);
    expect(tree.run('rpm -q cryptosync')).toBe(`cryptosync-${version}~older-1.x86_64\n`);
    tree.run(`${setUpClient} echo "# ours" >>/etc/logrotate.d/cryptosync`);
    tree.run(`rpm -U --nodeps ${tree.take(current)}`);
    expect(tree.run('rpm -q cryptosync')).toBe(`cryptosync-${version}-1.x86_64\n`);
    expect(tree.run('cryptosync --version')).toContain(`cryptosync/${version} linux-x64 node-v24.`);
    // all that is other than it was brought is what the operator wrote
    expect(tree.run('rpm -V --nodeps cryptosync || true')).toMatch(
      /^\S+ +c \/etc\/logrotate.d\/cryptosync\n$/,
    );
    expect(tree.run('tail -n 1 /etc/logrotate.d/cryptosync')).toBe('# ours\n');
    expect(tree.run(readClient)).toBe('precious\n');
    expect(tree.run('cryptosync sync')).toContain('is up to date (generation 1)');
    const kept = 'cd / && find opt/agency_stack srv etc/cryptosync -type f -exec sha256sum {} +';
    const before = tree.run(kept);
    for (const place of ['opt/agency_stack', 'srv/backup', 'etc/cryptosync'])
      expect(before).toContain(`  ${place}/`);
    expect(tree.run('rpm -e cryptosync 2>&1')).toContain('cryptosync: /opt/agency_stack/clients is kept');
    expect(tree.run(kept)).toBe(before);
    expect(tree.run('ls -d /usr/lib/cryptosync /var/cache/cryptosync 2>&1 || true')).not.toMatch(/^\//m);
    tree.run(`rpm -i --nodeps /root/cryptosync-${version}-1.x86_64.rpm`);
    expect(tree.run(readClient)).toBe('precious\n');
  });
});
