/** A user's own systemd, which runs although the user is not logged in (`loginctl enable-linger`). */
import { cryptosync } from './machine.ts';
import type { Trial } from './trial.ts';

const user = 'ann';
const home = `/home/${user}`;
const root = `${home}/clients`;
const client = `${root}/client2`;
const plain = `${client}/vault/decrypted`;
const mount = 'cryptosync-mount-client2-default.service';
const timer = 'cryptosync-sync-client2-default.timer';

/** The words that run others as the user, with what a login would set. */
function asUser(trial: Trial): string {
  const id = trial.says(`id -u ${user}`);
  const environment = `HOME=${home} XDG_RUNTIME_DIR=/run/user/${id} CRYPTOSYNC_ROOT=${root}`;
  return `runuser -u ${user} -- env ${environment}`;
}

/** Puts a vault of the user on the user's own schedule. */
export async function ownUnits(trial: Trial): Promise<void> {
  trial.must(`useradd --create-home ${user} && loginctl enable-linger ${user}`);
  const own = asUser(trial);
  const isUp = (): boolean => trial.says(`${own} systemctl --user is-system-running`) === 'running';
  trial.check('a user who may linger has a systemd without a login', await trial.until(isUp));
  trial.machine.write(`${home}/client2.pw`, 'a password of the user', 0o600);
  trial.must(`chown ${user}: ${home}/client2.pw`);
  const remote = `--remote-type local --remote-path ${home}/remote --password-file ${home}/client2.pw`;
  trial.must(`${own} ${cryptosync} install -c client2 --no-links ${remote} -q`);
  const add = `${own} ${cryptosync} schedule add -c client2`;
  trial.must(`${add} --mount at-boot --credential ${home}/client2.pw`);
  trial.must(`${own} systemctl --user start ${mount}`);
  trial.check(
    "a user's credential opens the vault, and the mount is the machine's",
    trial.isMounted(plain),
    trial.says(`journalctl --no-pager -n 20`),
  );
  trial.must(`echo mine | ${own} tee ${plain}/a.txt`);
  trial.must(`${add} --sync '*:*:0/5' --jitter 0`);
  trial.check(
    "a user's timer fires, and fires again",
    await trial.until(() => trial.syncs(client) >= 2),
    trial.says(`${own} systemctl --user status ${timer}`),
  );
  const found = trial.says(`${own} ${cryptosync} doctor -c client2 --no-check-remote --json`);
  trial.check('doctor finds the schedule in order', !found.includes('"id": "schedule-'), found);
}

/** After a reboot, and nobody logs in. */
export async function unattended(trial: Trial): Promise<void> {
  const own = asUser(trial);
  trial.check(
    'a reboot mounts again for the user, who has not logged in',
    await trial.until(() => trial.isMounted(plain)),
    trial.says('journalctl --no-pager -b -n 40'),
  );
  trial.check('with what was in the vault', trial.says(`${own} cat ${plain}/a.txt`) === 'mine');
  const before = trial.syncs(client);
  trial.check("and the user's timer goes on", await trial.until(() => trial.syncs(client) > before));
  trial.must(`${own} systemctl --user stop ${mount}`);
  trial.check("stopping the user's unit unmounts", !trial.isMounted(plain));
  trial.must(`${own} ${cryptosync} uninstall -c client2 -q`);
  trial.check(
    "an uninstall takes the user's schedule along",
    trial.says(`find ${home}/.config/systemd -name 'cryptosync-*'`) === '' &&
      trial.says(`${own} systemctl --user list-timers --no-legend`).includes('cryptosync') === false,
  );
}
