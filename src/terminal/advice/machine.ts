/** The machine: tools, FUSE, disks, files. */

import type { AdviceTexts } from '../../system/advice/index.ts';
import type { MachineAdvice } from '../../system/advice/machine.ts';

export const machineAdvice: AdviceTexts<MachineAdvice> = {
  'install-tools': ({ packages, command }) =>
    `Install ${packages.join(', ')}${command === undefined ? '' : `: ${command}`}, or let install do it: --with-deps`,
  'give-device-access': ({ device }) => `Give this user access to ${device}, or run as root.`,
  'load-fuse': 'Load the kernel module: modprobe fuse. A container needs the device from its host.',
  'load-fuse-module': 'Load the kernel module: modprobe fuse',
  'allow-other-users': 'Add the line user_allow_other to /etc/fuse.conf.',
  'check-fuse': ({ said }) => `Install fuse3 and check /dev/fuse. The message was: ${said}`,
  'install-by-hand': ({ packages }) => `Install by hand: ${packages.join(', ')}`,
  'mend-then-install': 'Mend that, then run install again.',
  'run-as-root-then-install': 'Run it as root once, then run install again.',
  'check-program': ({ program }) => `Check that ${program} is installed and can be executed.`,
  'check-load': 'Check the load and the disk of this machine, then run the same command again.',
  'check-path-and-permissions': 'Check its path and permissions.',
  'mend-store':
    'Look at what serves that file system, and bring it back (or detach it: umount -l). Nothing was changed there.',
  'try-later': 'Look what uses this machine up, then run the same command again.',
  'look-at-systemd': 'Look what systemd says of it: systemctl status UNIT, journalctl -u UNIT',
  'install-cron': 'Install cron, or use systemd: --using systemd',
  'check-full-disk': 'Check the disk below it: a full one makes a vault hang.',
};
