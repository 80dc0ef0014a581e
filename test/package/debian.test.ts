/** The Debian package in a bare Debian 12 without node: installed, upgraded, purged, installed again. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BareDebian, makeBareDebian } from '../support/bare-debian.ts';
import {
  givePassword,
  makePackage,
  readClient,
  repository,
  setUpClient,
  version,
} from '../support/packaging.ts';

/** What `npm run package` made. */
const current = join(repository, 'dist-package', `cryptosync_${version}_amd64.deb`);

const scratch = mkdtempSync(join(tmpdir(), 'cryptosync-packages-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('the package', () => {
  it('has nothing that lintian complains of, but what is explained', () => {
    expect(execFileSync('lintian', ['--fail-on', 'none', current], { encoding: 'utf8', stdio: 'pipe' })).toBe(
      '',
    );
  });

  it('is the same, byte by byte, when it is made again', () => {
    const digest = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
    const [one, other] = ['one', 'other'].map((name) => digest(makePackage('deb', join(scratch, name))));
    expect(one).toBe(other);
  });

  it('has files of root alone, which no other can write', () => {
    const lines = execFileSync('dpkg-deb', ['-c', current], { encoding: 'utf8' }).trim().split('\n');
    expect(lines.length).toBeGreaterThan(100);
    expect(lines.filter((line) => !/^(?:[-d]rw[x-]r-[x-]r-[x-]|lrwxrwxrwx) root\/root /.test(line))).toEqual(
      [],
    );
    expect(statSync(current).size).toBeLessThan(40 * 2 ** 20);
  });
});

describe('in a bare Debian 12 without node', () => {
  let debian: BareDebian;
  beforeAll(() => {
    debian = makeBareDebian();
    debian.run(
      'apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends cron',
    );
  });
  afterAll(() => debian?.cleanUp());

  const install = (file: string): string =>
    debian.run(
      `DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends ${debian.take(file)} 2>&1`,
    );
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own
  const installed = (): string => debian.run("dpkg-query -W -f '${Version}' cryptosync");
  /** What can be read of the client that was set up at the beginning. */
  const content = (): string => debian.run(readClient);

  it('is installed by apt with what it needs, and works', () => {
    install(makePackage('deb', scratch, '--suffix', '~older'));
    expect(debian.run('command -v node || echo none')).toBe('none\n');
    expect(installed()).toBe(`${version}~older`);
    expect(debian.run('cryptosync --version')).toContain(`cryptosync/${version} linux-x64 node-v24.`);
    debian.run(setUpClient);
    expect(JSON.parse(debian.run('cryptosync status --json')).vaults).toMatchObject([{ client: 'client1' }]);
    expect(
      debian.run(
        'grep -h /usr/lib/cryptosync /opt/agency_stack/clients/client1/cryptosync/scripts/sync_default.sh',
      ),
    ).toContain('/usr/lib/cryptosync/node');
  });

  it('brings pages of man, completions, the log’s rotation and units', () => {
    const there = debian.run('dpkg -L cryptosync').split('\n');
    for (const path of [
      '/usr/share/man/man1/cryptosync-sync.1.gz',
      '/usr/share/bash-completion/completions/cryptosync',
      '/usr/share/zsh/vendor-completions/_cryptosync',
      '/usr/share/fish/vendor_completions.d/cryptosync.fish',
      '/etc/logrotate.d/cryptosync',
      '/usr/lib/tmpfiles.d/cryptosync.conf',
      '/lib/systemd/system/cryptosync.service',
      '/lib/systemd/system/cryptosync.socket',
    ])
      expect(there).toContain(path);
    expect(debian.run('cryptosync help operating')).toMatch(/^Operating\n/);
    expect(debian.run('dpkg --verify cryptosync')).toBe('');
    expect(debian.run('stat -c %a%U /var/cache/cryptosync')).toBe('700root\n');
  });

  it('is upgraded, and goes on with what is there', () => {
    debian.run('echo "# ours" >>/etc/logrotate.d/cryptosync');
    install(current);
    expect(installed()).toBe(version);
    expect(debian.run('tail -n 1 /etc/logrotate.d/cryptosync')).toBe('# ours\n');
    expect(content()).toBe('precious\n');
    expect(debian.run(`${givePassword}cryptosync sync --client client1`)).toContain(
      'is up to date (generation 1)',
    );
    expect(debian.run(`${givePassword}cryptosync doctor --client client1 --quiet --no-input`)).toBe('');
  });

  it('syncs by cron, tells of the night that fails, and shows it', () => {
    const listener = `require('node:http').createServer((asked, answer) => {
        require('node:fs').appendFileSync('/root/pings', asked.url.replace(/[?].*/, '') + '\\n');
        asked.resume();
        answer.end();
      }).listen(8099, '127.0.0.1')`;
    const [good, bad] = debian
      .run(`${givePassword}/usr/lib/cryptosync/node -e "${listener}" &
      cryptosync config set --client client1 pingUrl 'http://127.0.0.1:8099/{client}' >/dev/null
      cryptosync schedule add --client client1 --sync '* * * * *' --jitter 0 --using cron >/dev/null
      cron
      until [ -s /root/pings ] && grep -qx /client1 /root/pings; do sleep 0.5; done
      cat /root/pings
      echo ---
      mv /srv/backup /srv/aside && touch /srv/backup
      until grep -q '^/client1/[1-9]' /root/pings; do sleep 0.5; done
      tail -n 1 /root/pings
      rm /srv/backup && mv /srv/aside /srv/backup
      cryptosync schedule remove --quiet --client client1`)
      .split('---\n');
    expect(good).toBe('/client1/start\n/client1\n');
    expect(bad).toMatch(/^\/client1\/1[0-9]\n$/);
    expect(debian.run('cryptosync report')).toContain('1 of 1 needs you.');
    debian.run('cryptosync report --html /root/report.html');
    expect(debian.run('cat /root/report.html')).toContain('client1');
    expect(debian.run('ls /etc/cron.d')).not.toContain('cryptosync');
    expect(debian.run('cryptosync sync --client client1')).toContain('is up to date');
  });

  it('is purged, and everything of the operator’s stays', () => {
    const kept =
      'cd / && find opt/agency_stack srv etc/cryptosync var/log/agency_stack -type f -exec sha256sum {} +';
    const before = debian.run(kept);
    for (const place of ['opt/agency_stack', 'srv/backup', 'etc/cryptosync', 'var/log'])
      expect(before).toContain(`  ${place}/`);
    const said = debian.run('DEBIAN_FRONTEND=noninteractive apt-get purge -qq -y cryptosync 2>&1');
    expect(said).toContain('cryptosync: /opt/agency_stack/clients is kept');
    expect(debian.run(kept)).toBe(before);
    const left = debian.run(
      'find / -xdev -name "*cryptosync*" -not -path "/proc/*" -not -path "/opt/*" -not -path "/srv/*" -not -path "/root/*"',
    );
    expect(left.trim().split('\n').sort()).toEqual([
      '/etc/cryptosync',
      '/var/log/agency_stack/components/cryptosync.log',
    ]);
  });

  it('is installed again, and goes on', () => {
    install(current);
    expect(content()).toBe('precious\n');
    expect(debian.run('cryptosync generations --json')).toContain('"number": 1');
  });
});
