/** The Debian package in a bare Debian 12 without node: installed, upgraded, purged, installed again. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BareDebian, makeBareDebian } from '../support/bare-debian.ts';
import { checkout, putFormerVersion } from '../support/former-version.ts';
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

  describe('over a checkout of 0.1', () => {
    /** How each is synced. None has symbolic links, which are sent once more; control files are known by their directory. */
    const clients = {
      client2: '',
      client3: '--crypt --no-directory-name-encryption --encryption-key-file /root/key',
      client4: '--direction bidirectional',
    };
    const each = (script: string): string =>
      debian.run(`${givePassword}export CRYPTOSYNC_ENCRYPTION_KEY="$(cat /root/key)"
        for client in ${Object.keys(clients).join(' ')}; do ${script}; done`);
    /** As cron calls it. */
    const byNight =
      'env -i CRYPTOSYNC_ENCRYPTION_KEY="$CRYPTOSYNC_ENCRYPTION_KEY" PATH=/usr/bin:/bin /usr/local/bin/cryptosync-sync-$client-default --wait 1h';
    /** What lies at the places, and whether it was put there again. */
    const places = (): string =>
      each('find /srv/$client -type f -not -path "*/.cryptosync/*" -exec stat -c "%n %i %Y %Z" {} + | sort');

    it('stands beside it, until the script that calls it is removed', () => {
      const tools = 'rclone gocryptfs fuse3 util-linux e2fsprogs';
      debian.run(`export DEBIAN_FRONTEND=noninteractive
        ! dpkg -s cryptosync >/dev/null 2>&1 || apt-get remove -qq -y cryptosync
        apt-get install -qq -y --no-install-recommends ${tools}`);
      putFormerVersion(debian, scratch);
      expect(debian.run('cryptosync --version')).toMatch(/^cryptosync\/0\.1\.0 linux-x64 node-v[\d.]+\n$/);
      debian.run('umask 077; cryptosync key generate >/root/key');
      const edit =
        'cryptosync mount -q -c $client; echo precious $i >/opt/agency_stack/clients/$client/vault/decrypted/file$i; cryptosync unmount -q -c $client';
      for (const [client, flags] of Object.entries(clients))
        debian.run(
          `${givePassword}cryptosync install -q -c ${client} --remote-type local --remote-path /srv/${client} ${flags}`,
        );
      each(`for i in 1 2; do ${edit}; cryptosync sync -q -c $client; done`);
      install(current);
      expect(debian.run('cryptosync --version')).not.toContain('build');
      debian.run('rm /usr/local/bin/cryptosync');
      expect(debian.run('cryptosync --version')).toContain('build');
    });

    it('goes on with its clients, and sends nothing again', () => {
      const before = places();
      expect(each('cat /opt/agency_stack/clients/$client/cryptosync/scripts/sync_default.sh')).toContain(
        checkout,
      );
      expect(each('cryptosync install -q -c $client')).toBe('');
      expect(each('cat /opt/agency_stack/clients/$client/cryptosync/scripts/*_default.sh')).not.toContain(
        checkout,
      );
      debian.run(`rm -r ${checkout}`);
      each(byNight);
      expect(places()).toBe(before);
      expect(each(byNight).match(/up to date/g)).toHaveLength(3);
      expect(each('cryptosync verify -c $client --deep').match(/as it was committed/g)).toHaveLength(3);
      const read =
        'cryptosync mount -q -c $client; cat /opt/agency_stack/clients/$client/vault/decrypted/file*; cryptosync unmount -q -c $client';
      expect(each(read)).toBe('precious 1\nprecious 2\n'.repeat(3));
      expect(each('cryptosync doctor --quiet --no-input -c $client')).toBe('');
      debian.run('cryptosync config set -q -c client3 encryptionKeyCommand "cat /root/key"');
      each('cryptosync schedule add -q -c $client --sync 02:30 --using cron');
      expect(each('cryptosync schedule list -c $client')).toContain('02:30');
      expect(each('cryptosync status -c $client --max-age 1h --json')).toContain('"isOverdue": false');
    });
  });
});
