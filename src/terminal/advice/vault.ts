/** Vaults and mounts. */

import type { AdviceTexts } from '../../system/advice/index.ts';
import type { VaultAdvice } from '../../system/advice/vault.ts';

export const vaultAdvice: AdviceTexts<VaultAdvice> = {
  'unmount-first': 'Unmount it first.',
  'choose-mount-directory': 'Choose another with --mount-dir.',
  'compare-with-copy':
    'The encrypted directory, its configuration file and this profile do not belong together. Compare them with a copy; nothing was written.',
  'accept-vault':
    'Nothing was written. Look into a copy of it first, with the engine alone. If it is the right one, mount it to write and say so: cryptosync mount --accept-vault',
  'accept-other-making':
    'Somebody may have weakened it: compare its configuration with another copy. Nothing was changed. If it is meant: cryptosync mount --accept-vault',
  'compare-config': 'The engine does not write it so. Compare it with another copy of the vault.',
  'mount-again-to-tell':
    'Unmount it, then mount it again: that tells whose it is, and puts it in order where that is certain.',
  'prove-by-mount': ({ files }) =>
    `Nothing was sent. Mount the vault once (unmount it first where it is mounted): that proves what is there, and the next sync goes on.${files.length === 0 ? '' : ` If it does not open, bring ${files.join(' and ')} back from the remote or another copy.`}`,
  'prove-then-sync-again':
    'Mount the vault once, then sync again: until then the remote may hold a mixture of two states.',
  'restore-torn-config':
    'Bring that file back from the remote, its trash or another copy of the vault. Nothing was sent.',
  'open-by-old-engine': ({ configFile }) =>
    `Open a copy of it by hand with the version that made it (its Creator stands in ${configFile}), and copy the files into a new vault.`,
  'detach-unreadable-mount':
    'Run this as the user who mounted it; or look for what stops its disk, or detach it: unmount --force.',
  'restore-missing-vault':
    'Is its disk mounted? Otherwise bring the vault back from the remote before anything else.',
  'mount-for-owner-alone': 'Mount it for its owner alone: --no-allow-other',
  'let-others-through': ({ path }) =>
    `Let them through (chmod o+x ${path}), or give the vault a mount directory elsewhere.`,
  'mount-read-only': 'Mount it to read: --read-only',
  'make-room-or-read-only': 'Make room on its disk, or mount it to read: --read-only',
  'look-in-system-log': 'Look for its messages in the system log (journalctl), then try again.',
  'restore-outside-config':
    'Bring it back from a copy. Without its configuration nothing of the vault decrypts.',
  'try-configs-on-copy':
    'Only one of them opens the vault. Try each on a copy of the vault, and move the other away.',
  'make-profile-for-password':
    'Make another profile with a new vault and the new password, and copy the files into it.',
  'unmount-to-prove-password': 'Unmount it first: the new password is proven by opening the vault with it.',
  'unmount-in-namespace': ({ pid }) =>
    `Stop the unit or container that mounted it, or unmount it there: nsenter --mount --target ${pid} cryptosync unmount …`,
  'unmount-foreign': ({ mountDir }) => `Unmount that first: umount ${mountDir}`,
  'unmount-elsewhere': ({ mountPoint }) =>
    `Two mounts of one vault would damage it. Unmount that one first: fusermount3 -u ${mountPoint}`,
  'restore-cut-files': ({ engine }) =>
    `The disk was full or failed while ${engine} wrote. Make room and bring these files back from the remote before you sync.`,
  'wait-for-daemon': 'It ends when the last process that uses the vault closes its files.',
  'unmount-as-owner': 'Unmount it as the user who mounted it, or as root.',
  'close-programs':
    'Close these programs (a shell whose directory lies in the vault counts), then run it again. --force detaches the mount and leaves them running.',
  'copy-config-back': ({ configFile }) =>
    `Copy ${configFile} back from the remote or another copy of the vault. Nothing decrypts without it.`,
  'try-password-or-compare-config': ({ configFile }) =>
    `Nothing has changed. Try again with the right password. A damaged ${configFile} looks the same: compare it with a copy.`,
  'try-former-password': ({ generation }) =>
    `Nothing has changed. Try again with the right password: of generation ${generation} that is the one which the vault had then, if it was changed since.`,
  'upgrade-by-hand': ({ command }) => `Keep a copy of it, then upgrade it once by hand: ${command}`,
  'check-cipher': 'A vault keeps the cipher that it was made with. Check that this is the right one.',
  'copy-to-writable-disk':
    'CryFS must be able to write there, even to mount it to read. Copy the vault to a disk that can be written.',
  'restore-from-remote': 'Bring it back from the remote.',
  'accept-rollback':
    'If you brought it back yourself, say so: cryptosync mount --accept-rollback. If not, somebody may have changed it: compare it with another copy first.',
  'move-plaintext-away':
    'These files are not encrypted. Move them away, mount, then move them into the vault.',
  'move-its-files-away': 'Its files are not encrypted. Move them away, mount, then move them into the vault.',
  'restore-blocks': 'Bring the vault back from the remote. Nothing was written.',
  'mount-for-machine':
    'A unit of systemd must have no PrivateTmp=, ProtectSystem= and the like (docs/operating.md).',
  'rename-directory': 'Give the directory another name.',
};
