/** A command line that says too little, or what cannot be. */

import type { AdviceTexts } from '../../system/advice/index.ts';
import type { UsageAdvice } from '../../system/advice/usage.ts';

export const usageAdvice: AdviceTexts<UsageAdvice> = {
  'look-again-later': 'For a program: status --json, as often as it wants to know.',
  'give-rclone-arguments':
    'In a script give the arguments of rclone config: cryptosync rclone-config -- show',
  'give-value': 'Give it a value, or leave it out.',
  'write-duration': 'Write it like 90s, 10m, 1h30m or 30d.',
  'write-place': 'Write it as rclone does: REMOTE:PATH',
  'write-time': 'Write it like 2026-01-31 or 2026-01-31T02:00:00Z.',
  'confirm-by-name': ({ flag, name }) => `Nothing was changed. Confirm with ${flag} ${name}`,
  'edit-by-script': 'In a script use: cryptosync config get KEY, config set KEY VALUE, config list',
  'write-option-keys':
    'Keys are of lower-case letters, digits and underscores, as rclone writes them in rclone.conf.',
  'share-stdin': 'Give one of them as a file, or by its environment variable.',
  'see-findings': 'Each finding says how to mend it.',
  'write-address': 'Write it like 127.0.0.1:8443, or [::1]:8443.',
  'give-token-file':
    'Write one: (umask 077; openssl rand -hex 32 > token), and give it with --token-file token',
  'give-certificate': 'Give a certificate with --tls-cert and --tls-key, or listen at 127.0.0.1.',
  'give-workloads': 'Give their directory: --workloads DIR',
  'write-workload-id':
    'Write it with letters, digits, dots, underscores and hyphens, a letter or digit first.',
  'give-secret-by-file': 'Others can read a command line. Give it with --from PATH, or --from - for stdin.',
  'release-or-force': 'Release them first, or remove it all the same with --force.',
  'give-token': 'Give the token with --token-file PATH.',
  'start-server': 'Start one: cryptosync serve',
  'claim-and-release': 'The files are still there: claim the tenant again with its key, and release it.',
  'write-plain-time':
    "Write it like 02:30, daily, 'Mon..Fri 02:30', '*-*-01 04:00', or as cron does: '30 2 * * *'.",
  'name-job': 'Name one: --sync TIME, --mount at-boot, --verify TIME or --drill TIME',
  'name-schedule-system':
    'Name it with --using systemd or --using cron; --dir DIR writes the files alone, for another machine.',
  'schedule-with-systemd': 'Leave it out, or use systemd: --using systemd',
  'give-plain-credential': 'Give a file that only this user can read: --credential FILE',
  'write-credential': 'Write it like /etc/cryptosync/client1.pw, or key:/etc/cryptosync/client1.key.',
  'write-unit': 'Write it like notify-failure@%n.service.',
  'name-one-profile': 'Name it: --client ID --profile NAME',
  'list-commands': 'See which there are: cryptosync --help',
  'list-topics': 'See which there are: cryptosync help topics',
  'did-you-mean-command': ({ nearest }) =>
    `Did you mean: ${nearest.map((name) => `cryptosync ${name}`).join(', or ')}`,
  'did-you-mean-topic': ({ nearest }) =>
    `Did you mean: ${nearest.map((name) => `cryptosync help ${name}`).join(', or ')}`,
  'did-you-mean-flag': ({ nearest }) => `Did you mean ${nearest.join(' or ')}?`,
  'give-by-flag': ({ command }) =>
    `A client is named by --client ID; its other flags: cryptosync ${command} --help`,
  'choose-command': ({ topic, commands }) =>
    `What there is of ${topic}: ${commands.map((name) => `cryptosync ${name}`).join(', ')}`,
};
