/**
 * Lets a real systemd do what `schedule` writes for it, and what the Debian package brings:
 * `npm run test:systemd [-- --tree DIR]`
 *
 * A bare Debian is made in a directory (two minutes, a network, 500 MB; `--tree` keeps it for the next time) and booted.
 * In it timers fire, credentials open vaults, mounts outlive the command that made them, a reboot mounts again, for the
 * machine and for a user who is not logged in; the journal is read back; a server is started by its socket; and a package is
 * installed, has a bad night, is upgraded and purged. Needs root, FUSE, debootstrap and systemd-nspawn.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readBack } from './systemd/journal.ts';
import { Machine } from './systemd/machine.ts';
import { installation, night, purge, sessions, upgrade } from './systemd/package.ts';
import { afterReboot, exitCodes, namespaces, removal, timersAndCredentials } from './systemd/schedule.ts';
import { Trial } from './systemd/trial.ts';
import { ownUnits, unattended } from './systemd/user.ts';

const { values } = parseArgs({ options: { tree: { type: 'string' } } });
const scratch = mkdtempSync(join(tmpdir(), 'cryptosync-systemd-'));
const machine = new Machine(join(scratch, 'tree'), values.tree);
const trial = new Trial(machine);

// what ends the script, such as Ctrl-C, is no reason to leave a machine behind
process.once('exit', () => machine.end());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

try {
  machine.make();
  await machine.boot();
  await timersAndCredentials(trial);
  await ownUnits(trial);
  await machine.shutDown();
  await machine.boot();
  await afterReboot(trial);
  await unattended(trial);
  await readBack(trial);
  exitCodes(trial);
  namespaces(trial);
  removal(trial);
  installation(trial, scratch);
  await sessions(trial);
  await night(trial);
  await upgrade(trial, scratch);
  await purge(trial, scratch);
} finally {
  await machine.cleanUp();
  rmSync(scratch, { recursive: true, force: true });
}
console.log(trial.failures === 0 ? 'All of it is so.' : `${trial.failures} of it is not so.`);
process.exitCode = trial.failures === 0 ? 0 : 1;
