/** Remotes and rclone.conf. */

import type { AdviceTexts } from '../../system/advice/index.ts';
import type { RemoteAdvice } from '../../system/advice/remote.ts';
import { shellWord } from '../../system/process/shell-word.ts';

const setUp = ({ client, profile }: { readonly client: string; readonly profile: string }): string =>
  `cryptosync install --client ${client} --profile ${profile} --force --remote-type TYPE`;

export const remoteAdvice: AdviceTexts<RemoteAdvice> = {
  'give-remote': (facts) => `Give it one: ${setUp(facts)} …`,
  'set-up-remote': (facts) =>
    `Set it up: ${setUp(facts)} …, or with rclone's own dialogue: cryptosync rclone-config --client ${facts.client}`,
  'set-absolute-path': 'Set it: cryptosync config set remote.path /absolute/path',
  'give-conf-password-or-terminal':
    'rclone.conf is encrypted: give its password in RCLONE_CONFIG_PASS, or run this on a terminal.',
  'see-what-rclone-printed': 'See what it printed. rclone writes the file only when a step is complete.',
  'check-remote-path': 'Check the path of the remote. Nothing was brought from there.',
  'make-remote-or-sink': 'Make it with rclone config, or give a sink instead.',
  'compare-again':
    'Sync again and compare once more; if it stays so, the remote does not keep what it is sent.',
  'check-remote-keeps': 'Nothing else was sent. Check the remote, then run the same command again.',
  'separate-data': 'Give this data a path of its own on the remote. What lies there was left as it is.',
  'give-first-key':
    'Nothing has changed on either side. Give the key, the salt and the name encryption that this place was first synced with, or an empty path for new ones. To move what lies there to another key: cryptosync sync --rekey.',
  'restore-older-remote':
    'This is not a wrong key, and nothing has changed. Files beside it may be damaged too: look at the remote, and bring back an older state of it if it keeps any.',
  'choose-among': ({ known }) => `It has: ${known.join(', ')}`,
  'value-would-change': 'rclone would read another value back than it wrote.',
  'write-bandwidth': 'Write it as rclone takes it: 10M (MiB a second), 10M:1M, or "08:00,512k 19:00,off".',
  'mend-conf-line': 'Mend that line in an editor, or move the file away and set the remotes up again.',
  'unset-certificates': 'Unset AWS_CA_BUNDLE for this command: rclone 1.60 fails on it.',
  'set-up-missing-remote': 'Set it up with install --remote-name … --remote-type …, or with rclone-config.',
  'find-rclone-with-backend':
    'What lies there is left as it is. "rclone help backends" lists what this rclone has: put one that has it first on PATH, such as the one of rclone.org, or mend the type in rclone.conf.',
  'give-conf-password': 'Give its password in RCLONE_CONFIG_PASS.',
  'mend-conf': 'Mend it in an editor, or move it away and set the remotes up again.',
  'check-credentials':
    "Check the credentials in this client's rclone.conf, and what they may do there: a sync makes, replaces, moves (or copies and removes) files.",
  'allow-changes':
    'A sync makes, replaces, moves (or copies and removes) files: see what the server, its locks and its retention let this account do there, then run the same command again.',
  'allow-changes-in-directory':
    'A sync makes, replaces, moves and removes files: see the permissions, the attributes (lsattr) and the mount options there, then run the same command again.',
  'keep-one-file-system':
    'A remote directory is one file system: unmount what is mounted in it, or give that a remote of its own.',
  'follow-remote-name-rule':
    'Use letters, digits, underscores, dots, hyphens and spaces, not a hyphen or space first.',
  'give-one-line': 'Give it on one line.',
  'name-in-utf8':
    'Such a name can be synced and restored, and can not be given here: name the directory above it, or rename it.',
  'check-space-then-install': 'Check the free space and the permissions there, then run install again.',
  'check-space-then-again': 'Check the free space and the permissions there, then run it again.',
  'remove-remote-above': ({ client, remote }) =>
    `Remove that one first, or leave the remote: cryptosync rclone-config --client ${client} -- delete ${shellWord(remote)}`,
  'use-https': 'Name the server with https://, or reach it through a tunnel (SSH, a VPN) on the loopback.',
  'check-backend-options': 'Check the options of its backend: rclone help backend NAME',
  'choose-sink': ({ known }) => `There are: ${known.join(', ')}`,
  'use-plain-names': ({ reserved }) =>
    `Use names joined by single slashes, without "..", a backslash or "${reserved}".`,
  'see-sink-types': 'The settings of every sink are described by its type in the library.',
};
