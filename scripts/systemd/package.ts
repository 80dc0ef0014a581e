/** The Debian package where systemd runs: its server, a night that goes wrong, an upgrade in the middle of work, a purge. */
import { copyFileSync } from 'node:fs';
import { basename } from 'node:path';
import { makePackage, version } from '../../test/support/packaging.ts';
import type { Trial } from './trial.ts';

const client = '/opt/agency_stack/clients/client3';
const plain = `${client}/vault/decrypted`;
const mount = 'cryptosync-mount-client3-default.service';
const timer = 'cryptosync-sync-client3-default.timer';
const server = 'cryptosync.service';
const tenant = '/opt/agency_stack/clients/tenant1/session';
const claim = 'cryptosync session claim -c tenant1 --workload site --encryption-key-file /root/tenant1.key';

/** Needs no network: what it depends on is there. @returns what apt said */
function aptInstall(trial: Trial, scratch: string, ...flags: string[]): string {
  const file = makePackage('deb', scratch, ...flags);
  copyFileSync(file, `${trial.machine.tree}/root/${basename(file)}`);
  return trial.must(`DEBIAN_FRONTEND=noninteractive apt-get install -qq -y /root/${basename(file)} 2>&1`);
}

export function installation(trial: Trial, scratch: string): void {
  aptInstall(trial, scratch, '--suffix', '~older');
  trial.check(
    'apt installs the package, which starts nothing',
    trial.says('cryptosync --version').includes(`cryptosync/${version}`) &&
      trial.says(`systemctl is-active cryptosync.socket ${server}`) === 'inactive\ninactive',
  );
}

/** The units of `serve`, as the package ships them. */
export async function sessions(trial: Trial): Promise<void> {
  const isActive = (): boolean => trial.says(`systemctl is-active ${server}`) === 'active';
  const workload = {
    version: 1,
    sink: { type: 'local', root: '/srv/sink' },
    mappings: [{ path: '.' }],
    policy: { encryption: 'required' },
  };
  trial.must('mkdir -p -m 700 /etc/cryptosync/workloads /srv/sink');
  trial.machine.write('/etc/cryptosync/workloads/site.json', JSON.stringify(workload), 0o600);
  trial.must('(umask 077; cryptosync key generate >/root/tenant1.key)');
  trial.must('systemctl enable --now cryptosync.socket');
  trial.check('the socket is there without its server', !isActive());
  trial.must(claim);
  trial.check('a claim at the socket starts the server, which says when it is ready', isActive(), log(trial));
  trial.must(`echo work >${tenant}/file`);
  trial.must(`systemctl reload ${server}`);
  trial.check('a reload leaves it at work', isActive() && trial.says(`cat ${tenant}/file`) === 'work');
  trial.must(`systemctl stop ${server}`);
  trial.check(
    'stopped it sends what its tenants have, and takes it away here',
    trial.says(`systemctl show -P Result ${server}`) === 'success' &&
      trial.says(`ls ${tenant}`).includes('file') === false,
    log(trial),
  );
  trial.must(claim);
  trial.check(
    'the next claim starts it again, and brings it back',
    trial.says(`cat ${tenant}/file`) === 'work',
  );
  const pid = trial.says(`systemctl show -P MainPID ${server}`);
  trial.must(`kill -9 ${pid}`);
  trial.check(
    'killed it is started again',
    await trial.until(() => isActive() && trial.says(`systemctl show -P MainPID ${server}`) !== pid),
    log(trial),
  );
}

function log(trial: Trial): string {
  return trial.says(`journalctl --no-pager -b -n 40 -u ${server}`);
}

/** Timers shortened to seconds. */
export async function night(trial: Trial): Promise<void> {
  const listener = `require('node:http').createServer((asked, answer) => {
      require('node:fs').appendFileSync('/root/pings', asked.url.replace(/[?].*/, '') + '\\n');
      asked.resume();
      answer.end();
    }).listen(8099, '127.0.0.1')`;
  trial.machine.write('/root/listener.cjs', listener);
  trial.must('systemd-run --quiet --unit=listener /usr/lib/cryptosync/node /root/listener.cjs');
  trial.machine.write('/etc/cryptosync/client3.pw', 'a good password', 0o600);
  const remote = '--remote-type local --remote-path /srv/backup --password-file /etc/cryptosync/client3.pw';
  trial.must(`cryptosync install -q -c client3 --no-links ${remote}`);
  trial.must("cryptosync config set -c client3 pingUrl 'http://127.0.0.1:8099/{client}'");
  trial.must(`cryptosync schedule add -c client3 --mount at-boot --credential /etc/cryptosync/client3.pw`);
  trial.must(`systemctl start ${mount} && echo precious >${plain}/file`);
  trial.must("cryptosync schedule add -c client3 --sync '*:*:0/5' --jitter 0");
  const pings = (): string[] => trial.says('cat /root/pings').split('\n');
  trial.check('a night that passes pings', await trial.until(() => pings().includes('/client3')));
  trial.must('mv /srv/backup /srv/aside && touch /srv/backup');
  const hasFailed = (): boolean => pings().some((ping) => /^\/client3\/1\d$/.test(ping));
  trial.check('one that fails pings so', await trial.until(hasFailed), pings().join('\n'));
  const report = trial.says('cryptosync report');
  trial.check('and the report shows who needs somebody', report.includes('1 of 1 needs you.'), report);
  const page = trial.must('cryptosync report --html /root/report.html; cat /root/report.html');
  trial.check('on its page, too', page.includes('client3'));
  trial.must('rm /srv/backup && mv /srv/aside /srv/backup');
  const isWell = (): boolean =>
    pings().at(-1) === '/client3' && !trial.says('cryptosync report').includes('needs you');
  trial.check('until the next one goes well', await trial.until(isWell), trial.says('cryptosync report'));
}

/** While a vault is mounted, a timer is on, and a tenant is at work. */
export async function upgrade(trial: Trial, scratch: string): Promise<void> {
  trial.must(claim);
  trial.must(`echo more >${tenant}/file`);
  const pid = trial.says(`systemctl show -P MainPID ${server}`);
  aptInstall(trial, scratch);
  trial.check(
    'an upgrade leaves the vault mounted, and the timer on',
    trial.says(`cat ${plain}/file`) === 'precious' && trial.says(`systemctl is-active ${timer}`) === 'active',
  );
  trial.check(
    'and starts the server anew, when it has sent what its tenants had',
    trial.says(`systemctl is-active ${server}`) === 'active' &&
      trial.says(`systemctl show -P MainPID ${server}`) !== pid,
    log(trial),
  );
  trial.must(claim);
  trial.check('which is there again with the key', trial.says(`cat ${tenant}/file`) === 'more');
  const before = trial.syncs(client);
  trial.check('the nights go on', await trial.until(() => trial.syncs(client) > before));
}

export async function purge(trial: Trial, scratch: string): Promise<void> {
  const said = trial.must('DEBIAN_FRONTEND=noninteractive apt-get purge -qq -y cryptosync 2>&1');
  trial.check(
    'a purge says that the schedule stays',
    said.includes(`/etc/systemd/system/${timer} stays`),
    said,
  );
  trial.check(
    'it takes the server away, and neither the vault nor its mount',
    trial.says(`systemctl is-active cryptosync.socket ${server}`) === 'inactive\ninactive' &&
      trial.says(`cat ${plain}/file`) === 'precious',
  );
  const before = trial.syncs(client);
  aptInstall(trial, scratch);
  trial.check('installed again, the nights go on', await trial.until(() => trial.syncs(client) > before));
}
