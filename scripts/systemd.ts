/**
 * Lets a real systemd do what `schedule` writes for it: `npm run test:systemd [-- --tree DIR]`
 *
 * A bare Debian is made in a directory (two minutes, a network, 500 MB; `--tree` keeps it for the next time) and booted.
 * In it a timer fires, a credential opens a vault, the mount outlives the command that made it, a reboot mounts again, and
 * every option that docs/scheduling.md warns of is tried. Needs root, FUSE, debootstrap and systemd-nspawn.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { cryptosync, Machine } from './systemd/machine.ts';

const { values } = parseArgs({ options: { tree: { type: 'string' } } });
const scratch = values.tree === undefined ? mkdtempSync(join(tmpdir(), 'cryptosync-systemd-')) : undefined;
const machine = new Machine(values.tree ?? join(scratch ?? '', 'tree'));

const mount = 'cryptosync-mount-client1-default.service';
const sync = 'cryptosync-sync-client1-default';
const client = '/opt/agency_stack/clients/client1';
const plain = `${client}/vault/decrypted`;
const dropIn = `/run/systemd/system/${mount}.d`;
let failures = 0;

/** One sentence, and whether it is true. */
function check(sentence: string, isTrue: boolean, details = ''): void {
  if (!isTrue) failures += 1;
  console.log(`${isTrue ? 'ok    ' : 'FAILED'} ${sentence}${isTrue ? '' : `\n${details}`}`);
}

/** Runs what must succeed. */
function must(script: string): string {
  const { exitCode, output } = machine.run(script);
  if (exitCode !== 0) throw new Error(`exit ${exitCode} of: ${script}\n${output}`);
  return output;
}

const cs = (words: string): string => must(`${cryptosync} ${words}`);
const says = (script: string): string => machine.run(script).output.trim();
/** What the first process of the machine sees, and with it everybody in no namespace of his own. */
const isMounted = (): boolean => says(`grep -c ' - fuse.gocryptfs ' /proc/1/mountinfo`) === '1';
const syncs = (): number =>
  Number(
    says(`grep -c '"operation":"sync".*"event":"ended"' ${client}/cryptosync/state/ledger-default.jsonl`),
  );

/** Starts the mount with other options. @returns whether the machine has the mount then */
function mountWith(...settings: string[]): { readonly started: boolean; readonly mounted: boolean } {
  must(
    `mkdir -p ${dropIn} && printf '%s\n' '[Service]' ${settings.map((one) => `'${one}'`).join(' ')} > ${dropIn}/trial.conf`,
  );
  must('systemctl daemon-reload');
  const started = machine.run(`systemctl start ${mount}`).exitCode === 0;
  const mounted = isMounted();
  machine.run(
    `systemctl stop ${mount}; systemctl reset-failed ${mount}; rm -r ${dropIn}; systemctl daemon-reload`,
  );
  return { started, mounted };
}

async function until(condition: () => boolean, milliseconds: number): Promise<boolean> {
  for (const end = Date.now() + milliseconds; Date.now() < end; await pause(500))
    if (condition()) return true;
  return false;
}

async function timersAndCredentials(): Promise<void> {
  must('mkdir -p /etc/cryptosync');
  machine.write('/etc/cryptosync/client1.pw', 'a password of the trial', 0o600);
  const remote = '--remote-type local --remote-path /srv/remote';
  cs(`install -c client1 --no-links ${remote} --password-file /etc/cryptosync/client1.pw -q`);
  must(
    'systemd-creds encrypt --name=cryptosync-client1-default /etc/cryptosync/client1.pw /etc/cryptosync/client1.cred',
  );
  must('mv /etc/cryptosync/client1.pw /etc/cryptosync/plain.pw');
  cs('schedule add -c client1 --mount at-boot --encrypted-credential /etc/cryptosync/client1.cred');
  must(`systemctl start ${mount}`);
  check(
    'an encrypted credential opens the vault, and the mount outlives the command that made it',
    isMounted(),
  );
  must(`echo hello > ${plain}/a.txt`);
  cs("schedule add -c client1 --sync '*:*:0/5' --jitter 0 --on-failure told@%n.service");
  check(
    'a timer fires, and fires again',
    await until(() => syncs() >= 2, 150_000),
    says(`systemctl status ${sync}.timer`),
  );
  must(`systemctl disable --now ${sync}.timer`);
  const found = says(`${cryptosync} doctor -c client1 --json`);
  check('doctor finds a timer that is off', found.includes('schedule-off'), found);
  cs('doctor -c client1 --fix');
  check('and turns it on', says(`systemctl is-active ${sync}.timer`) === 'active');
}

async function reboot(): Promise<void> {
  await machine.shutDown();
  await machine.boot();
  check(
    'a reboot mounts again',
    await until(isMounted, 60_000),
    says(`journalctl --no-pager -b -u ${mount}`),
  );
  check('with what was in the vault', says(`cat ${plain}/a.txt`) === 'hello');
  const before = syncs();
  check('and the timer goes on', await until(() => syncs() > before, 90_000));
  must(`systemctl stop ${sync}.timer`);
}

function exitCodes(): void {
  machine.write(
    '/etc/systemd/system/told@.service',
    `[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo %i >> /run/told'\n`,
  );
  const runWith = (code: number): string => {
    must(`mkdir -p /run/systemd/system/${sync}.service.d`);
    const text = `[Service]\\nExecStart=\\nExecStart=/bin/sh -c "exit ${code}"\\n`;
    must(`printf '${text}' > /run/systemd/system/${sync}.service.d/trial.conf && systemctl daemon-reload`);
    machine.run(`systemctl start ${sync}.service`);
    const result = says(`systemctl show -P Result ${sync}.service`);
    machine.run(
      `rm -r /run/systemd/system/${sync}.service.d; systemctl daemon-reload; systemctl reset-failed`,
    );
    return result;
  };
  check(
    'exit 75 of a sync is no failure',
    runWith(75) === 'success' && says('cat /run/told') !== `${sync}.service`,
  );
  check('another exit code is one', runWith(14) === 'exit-code');
  check('and starts the unit that was named', says('sleep 2; cat /run/told').includes(`${sync}.service`));
}

/** What a mount's unit must not have, and what it may. */
function namespaces(): void {
  must(`systemctl stop ${mount}`);
  check('stopping the unit unmounts', !isMounted());
  must(`systemctl start ${mount} && systemctl stop ${mount}`);
  check(
    'without RemainAfterExit=yes the mount goes with the unit',
    !mountWith('RemainAfterExit=no', 'ExecStop=').mounted,
  );
  machine.run(`${cryptosync} unmount -c client1 -q`);
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
    const { started, mounted } = mountWith(option);
    check(`${option} hides the mount from the machine, although the unit starts`, started && !mounted);
  }
  for (const option of [
    'NoNewPrivileges=yes',
    'LockPersonality=yes',
    'RestrictAddressFamilies=AF_UNIX',
    'ProtectHostname=yes',
  ]) {
    const { started, mounted } = mountWith(option);
    check(`${option} does not`, started && mounted);
  }
}

function removal(): void {
  must(`systemctl start ${mount}`);
  cs('schedule remove -c client1');
  check(
    'what is taken off a schedule is gone, and the mount stays',
    says('ls /etc/systemd/system | grep -c ^cryptosync-') === '0' && isMounted(),
  );
  check(
    'systemd knows its units no more',
    says(`systemctl is-enabled ${sync}.timer`).includes('No such file'),
  );
  cs('schedule add -c client1 --sync daily');
  cs('uninstall -c client1');
  check(
    'an uninstall takes the schedule along',
    says('ls /etc/systemd/system | grep -c ^cryptosync-') === '0' && !isMounted(),
  );
}

try {
  machine.make();
  await machine.boot();
  await timersAndCredentials();
  await reboot();
  exitCodes();
  namespaces();
  removal();
} finally {
  await machine.cleanUp(values.tree !== undefined);
  if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
}
console.log(failures === 0 ? 'All of it is so.' : `${failures} of it is not so.`);
process.exitCode = failures === 0 ? 0 : 1;
