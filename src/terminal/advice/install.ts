/** Installing a client. */

import type { AdviceTexts } from '../../system/advice/index.ts';
import type { InstallAdvice } from '../../system/advice/install.ts';

export const installAdvice: AdviceTexts<InstallAdvice> = {
  'move-or-choose-client': 'Move it away, or choose another client id or root.',
  'restore-lost-vault':
    'Is its disk mounted? Otherwise bring it back from the remote: install --from-remote. An install never makes a new vault in its place.',
  'clear-encrypted-directory':
    "Move them away, or bring the vault's configuration file back, then run install again.",
  'mount-disk-above': ({ directory }) => `Mount it at ${directory}, so that the vault is a directory on it.`,
  'restore-former-vault': ({ file }) =>
    `Is its disk mounted? Otherwise bring it back from the remote: install --from-remote. If there never was a vault, move ${file} away and run install again.`,
  'choose-or-free-mount-directory': 'Choose another with --mount-dir, or unmount what is there.',
  'name-sharing-profiles':
    'Name the new profile with --profile and the one whose vault it sends with --share-vault.',
  'name-remote-directory': 'Name the directory: --remote-path /mnt/disk/client1',
  'install-other-profile': ({ engine }) =>
    `Make another profile with the other engine, and copy the files: --profile NAME --engine ${engine}`,
  'name-backend': 'Name the backend they are for: --remote-type s3',
  'force-configuration':
    'To change the configuration of an installed client: --force. It never touches a vault.',
  'use-options-file': 'Use --remote-options-file.',
  'log-in': ({ client, remote }) => `cryptosync rclone-config --client ${client} -- reconnect ${remote}:`,
};
