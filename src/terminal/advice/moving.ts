/** Moving a client, and what is kept for bad days. */
import type { AdviceTexts } from '../../system/advice/index.ts';
import type { MovingAdvice } from '../../system/advice/moving.ts';

export const movingAdvice: AdviceTexts<MovingAdvice> = {
  'choose-new-file': 'Name another file: --output PATH',
  'give-export': 'Give a file that `cryptosync export` made, as it was made.',
  'give-identity':
    'It is encrypted to a recipient: give the file that holds its identity (AGE-SECRET-KEY-1…): --identity PATH',
  'give-passphrase':
    'Give it with --passphrase-file PATH, --passphrase-command CMD or CRYPTOSYNC_PASSPHRASE, or run on a terminal.',
  'try-passphrase-or-identity':
    'Nothing has changed. Try again with the passphrase or the identity that it was made for.',
  'make-age-identity':
    'A recipient looks like age1…, an identity like AGE-SECRET-KEY-1…: `age-keygen -o FILE` makes both.',
  'use-another-copy':
    'Nothing has changed. Compare the file with the one that was exported, and use another copy.',
  'accept-commands':
    'Whoever made the file chose them. If they are yours: --accept-commands. Nothing of it has run, and nothing has changed.',
  'import-elsewhere':
    'Nothing has changed. Bring it into another root (--root PATH), or move the one that is here away first.',
  'choose-one-lock': 'A file is encrypted either to recipients or to a passphrase.',
  'unmount-to-prove': 'Unmount it first: its password is proven by opening it.',
  'relocate-tree': ({ client, home }) =>
    `If it was copied or moved from there: cryptosync relocate --client ${client}. Nothing in ${home} is touched.`,
  'mend-former-paths': ({ file }) =>
    `Nothing was changed. If it was copied or moved from there, write the paths of this place into ${file} (ENCRYPTED_DIR, MOUNT_DIR), then run install again.`,
  'move-tree-here': ({ from, into }) =>
    `Nothing was changed. Move it to where it belongs: ${moveOf(from, into)}`,
};

function moveOf(from: string, into: string): string {
  if (from.startsWith(`${into}/`)) return `mv '${from}'/* '${into}/'`;
  // spread out in the root itself
  if (into.startsWith(`${from}/`))
    return `mkdir '${into}' && mv '${from}/vault' '${from}/rclone' '${from}/cryptosync' '${into}/'`;
  return `mv '${from}' '${into}'`;
}
