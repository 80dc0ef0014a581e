/** What `schedule` writes for the machine's own systemd, and every option that docs/scheduling.md warns of. */
import { cryptosync } from './machine.ts';
import type { Trial } from './trial.ts';

const mount = 'cryptosync-mount-client1-default.service';
const sync = 'cryptosync-sync-client1-default';
const client = '/opt/agency_stack/clients/client1';
const plain = `${client}/vault/decrypted`;
const dropIn = `/run/systemd/system/${mount}.d`;

/** Starts the mount with other options. @returns whether the machine has the mount then */
function mountWith(
  trial: Trial,
  ...settings: string[]
): { readonly started: boolean; readonly mounted: boolean } {
  trial.must(
    `mkdir -p ${dropIn} && printf '%s\n' '[Service]' ${settings.map((one) => `'${one}'`).join(' ')} > ${dropIn}/trial.conf`,
  );
  trial.must('systemctl daemon-reload');
  const started = trial.machine.run(`systemctl start ${mount}`).exitCode === 0;
  const mounted = trial.isMounted(plain);
  trial.machine.run(
    `systemctl stop ${mount}; systemctl reset-failed ${mount}; rm -r ${dropIn}; systemctl daemon-reload`,
  );
  return { started, mounted };
}

export async function timersAndCredentials(trial: Trial): Promise<void> {
  const cs = (words: string): string => trial.must(`${cryptosync} ${words}`);
  trial.must('mkdir -p /etc/cryptosync');
  trial.machine.write('/etc/cryptosync/client1.pw', 'a password of the trial', 0o600);
  const remote = '--remote-type local --remote-path /srv/remote';
  cs(`install -c client1 --no-links ${remote} --password-file /etc/cryptosync/client1.pw -q`);
  trial.must(
    'systemd-creds encrypt --name=cryptosync-client1-default /etc/cryptosync/client1.pw /etc/cryptosync/client1.cred',
  );
  trial.must('mv /etc/cryptosync/client1.pw /etc/cryptosync/plain.pw');
  cs('schedule add -c client1 --mount at-boot --encrypted-credential /etc/cryptosync/client1.cred');
  trial.must(`systemctl start ${mount}`);
  trial.check(
    'an encrypted credential opens the vault, and the mount outlives the command that made it',
    trial.isMounted(plain),
  );
  trial.must(`echo hello > ${plain}/a.txt`);
  cs("schedule add -c client1 --sync '*:*:0/5' --jitter 0 --on-failure told@%n.service");
  trial.check(
    'a timer fires, and fires again',
    await trial.until(() => trial.syncs(client) >= 2),
    trial.says(`systemctl status ${sync}.timer`),
  );
  trial.must(`systemctl disable --now ${sync}.timer`);
  const found = trial.says(`${cryptosync} doctor -c client1 --json`);
  trial.check('doctor finds a timer that is off', found.includes('schedule-off'), found);
  cs('doctor -c client1 --fix');
  trial.check('and turns it on', trial.says(`systemctl is-active ${sync}.timer`) === 'active');
}

export async function afterReboot(trial: Trial): Promise<void> {
  trial.check(
    'a reboot mounts again',
    await trial.until(() => trial.isMounted(plain)),
    trial.says(`journalctl --no-pager -b -u ${mount}`),
  );
  trial.check('with what was in the vault', trial.says(`cat ${plain}/a.txt`) === 'hello');
  const before = trial.syncs(client);
  trial.check('and the timer goes on', await trial.until(() => trial.syncs(client) > before));
  trial.must(`systemctl stop ${sync}.timer`);
}

export function exitCodes(trial: Trial): void {
  trial.machine.write(
    '/etc/systemd/system/told@.service',
    `[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo %i >> /run/told'\n`,
  );
  const runWith = (code: number): string => {
    trial.must(`mkdir -p /run/systemd/system/${sync}.service.d`);
    const text = `[Service]\\nExecStart=\\nExecStart=/bin/sh -c "exit ${code}"\\n`;
    trial.must(
      `printf '${text}' > /run/systemd/system/${sync}.service.d/trial.conf && systemctl daemon-reload`,
    );
    trial.machine.run(`systemctl start ${sync}.service`);
    const result = trial.says(`systemctl show -P Result ${sync}.service`);
    trial.machine.run(
      `rm -r /run/systemd/system/${sync}.service.d; systemctl daemon-reload; systemctl reset-failed`,
    );
    return result;
  };
  trial.check(
    'exit 75 of a sync is no failure',
    runWith(75) === 'success' && trial.says('cat /run/told') !== `${sync}.service`,
  );
  trial.check('another exit code is one', runWith(14) === 'exit-code');
  trial.check(
    'and starts the unit that was named',
    trial.says('sleep 2; cat /run/told').includes(`${sync}.service`),
  );
}

/** What a mount's unit must not have, and what it may. */
export function namespaces(trial: Trial): void {
  trial.must(`systemctl stop ${mount}`);
  trial.check('stopping the unit unmounts', !trial.isMounted(plain));
  trial.must(`systemctl start ${mount} && systemctl stop ${mount}`);
  trial.check(
    'without RemainAfterExit=yes the mount goes with the unit',
    !mountWith(trial, 'RemainAfterExit=no', 'ExecStop=').mounted,
  );
  trial.machine.run(`${cryptosync} unmount -c client1 -q`);
  for (const option of [
    ...[
      'PrivateTmp=yes',
      'PrivateMounts=yes',
      'ProtectSystem=full',
      'ProtectHome=yes',
      'ReadWritePaths=/opt',
    ],
    ...['ProtectKernelTunables=yes', 'ProtectKernelModules=yes', 'ProtectControlGroups=yes'],
  ]) {
    const { started, mounted } = mountWith(trial, option);
    trial.check(`${option} hides the mount from the machine, although the unit starts`, started && !mounted);
  }
  for (const option of [
    'NoNewPrivileges=yes',
    'LockPersonality=yes',
    'RestrictAddressFamilies=AF_UNIX',
    'ProtectHostname=yes',
  ]) {
    const { started, mounted } = mountWith(trial, option);
    trial.check(`${option} does not`, started && mounted);
  }
}

export function removal(trial: Trial): void {
  const cs = (words: string): string => trial.must(`${cryptosync} ${words}`);
  trial.must(`systemctl start ${mount}`);
  cs('schedule remove -c client1');
  trial.check(
    'what is taken off a schedule is gone, and the mount stays',
    trial.says('ls /etc/systemd/system | grep -c ^cryptosync-') === '0' && trial.isMounted(plain),
  );
  trial.check(
    'systemd knows its units no more',
    trial.says(`systemctl is-enabled ${sync}.timer`).includes('No such file'),
  );
  cs('schedule add -c client1 --sync daily');
  cs('unmount -c client1');
  trial.must(`mkdir /srv/moved && mv ${client} /srv/moved`);
  cs('relocate -c client1 --no-links --root /srv/moved');
  const runs = trial.says(`systemctl show -P ExecStart ${sync}.service`);
  trial.check(
    'a tree that was moved takes its timer along, and is synced by it',
    runs.includes(' --root /srv/moved ') &&
      trial.says(`systemctl is-active ${sync}.timer`) === 'active' &&
      trial.machine.run(`systemctl start ${sync}.service`).exitCode === 0,
    runs,
  );
  const moved = plain.replace(client, '/srv/moved/client1');
  cs('mount -c client1 --root /srv/moved --password-file /etc/cryptosync/plain.pw');
  trial.check('and is mounted there', trial.isMounted(moved));
  cs('uninstall -c client1 --root /srv/moved');
  trial.check(
    'an uninstall takes the schedule along',
    trial.says('ls /etc/systemd/system | grep -c ^cryptosync-') === '0' && !trial.isMounted(moved),
  );
}
