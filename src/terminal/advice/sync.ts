/** A sync: guards, directions, mappings. */

import type { AdviceTexts } from '../../system/advice/index.ts';
import type { SyncAdvice } from '../../system/advice/sync.ts';

export const syncAdvice: AdviceTexts<SyncAdvice> = {
  'set-mapping-paths': 'Set the paths in the profile: cryptosync config',
  'install-from-remote': ({ client }) =>
    `To bring a vault back from its remote: cryptosync install --client ${client} --from-remote …`,
  'mount-for-id': ({ client, profile }) =>
    `Mount it once, which gives it one: cryptosync mount --client ${client} --profile ${profile}`,
  'encrypt-or-allow-plaintext':
    'Encrypt what goes to the remote: install --crypt. If it may be read there by anyone, say so: "plaintext": true in the mapping.',
  'allow-outside': 'If that is meant: install --source PATH --allow-outside',
  'leave-source-out': 'The ciphertext of the vault is a mapping without a source.',
  'separate-mappings': 'Give each a path of its own, none inside another.',
  'rekey-where-uploaded': 'Run it on the machine that uploads.',
  'leave-new-path-out': 'Leave --new-path out: each old path gets the date behind it.',
  'unmount-or-remount': 'Unmount it first, or let sync do it for the while: --remount',
  'name-both-ways': 'Name the direction: --direction bidirectional',
  'see-why-overdue':
    'See what became of its syncs: cryptosync history --client NAME. See what is wrong: cryptosync doctor',
  'write-delete-limit': 'Give a number of files (25) or a share of the remote (10%).',
  'mount-disk': 'Is its disk mounted? The remote was left as it is.',
  'restore-emptied': 'If it was emptied by mistake, bring it back from the remote, which was left as it is.',
  'restore-torn-files':
    'Nothing was sent. Make room on the disk, and bring these files back from the remote or its trash.',
  'separate-vaults':
    'Give this vault a path of its own on the remote. The vault that lies there was left as it is.',
  'choose-empty-path': 'Give this vault an empty path on the remote. What lies there was left as it is.',
  'allow-emptying': ({ deletions, kind }) =>
    `If they are meant to go: --max-delete ${deletions}. Otherwise bring the ${kind} back from the remote, which was left as it is.`,
  'allow-deletions': ({ deletions }) =>
    `Look at them with --dry-run. If they are meant to go: --max-delete ${deletions}`,
  'fill-vanished-side': ({ other, side }) =>
    `Nothing was changed. Is its disk mounted, and its path right? To fill it again from ${other}: --resync --prefer ${side}`,
  'decide-for-side':
    'Decide for one side: --direction upload, or --direction download --force, which keeps the old directory aside. Nothing was changed.',
  'resend-config':
    'Look for it in the trash of the remote, or send it again: --resync --prefer local. Nothing was changed.',
  'rename-twin-directory':
    'Both sides made a directory of the same name. Mount the vault, rename the one here, unmount and sync again. Nothing was changed.',
  'prefer-vault-state':
    'Say whose state counts: --resync --prefer local, or --prefer remote. The other files are kept in the trash. Nothing was changed.',
  'look-at-exchanged-file':
    'Nothing was changed. Look what happened on the remote, and bring that file back from its trash; or send it again: --direction upload',
  'replace-link': 'Put a directory in the place of the link, or rename it. Nothing was changed.',
  'finish-both-ways':
    'Run it again: --direction bidirectional. To send the files as they are: --force. Nothing was changed.',
  'rename-on-one-side': 'Rename it on one of them. Nothing was changed.',
  'rename-it': 'Rename it. Nothing was changed.',
  'leave-mode-out': 'Leave the mode out, or choose the direction upload or download.',
  'choose-one-direction':
    'Sync it in one direction: --direction upload or --direction download. Nothing was changed.',
  'finish-last-sync':
    'Finish it from the machine, and in the direction, that began it. To take it as it is: --force',
  'prefer-version':
    'Say whose version counts where they differ: --resync --prefer local, or --resync --prefer remote. The other versions are kept in the trash.',
  'upload-or-force':
    'Upload it first. To take the state of the remote all the same: --force, which keeps the old directory aside.',
  'check-download-path': 'Check the path of the remote. The directory on this machine was left as it is.',
  'copy-foreign-files':
    'Check the path of the remote. Files that were not sent by cryptosync can be copied with rclone.',
  'finish-last-upload': 'Finish it from the machine that began it. To take it as it is: --force',
  'find-who-writes':
    'Nothing was changed. Find out who can write there. To replace what lies there with what this machine holds: --take-over',
  'mount-or-take-over':
    'Is its disk mounted, and is it the right place? If it was emptied on purpose, send everything anew: --take-over',
  'download-or-take-over':
    'To take that state: --direction download. To replace it with what this machine holds: --take-over',
  'download-older-or-take-over':
    'To take that older state: --direction download --force, which keeps what is here aside. To send what this machine holds: --take-over',
  'let-end-or-take-over': 'Let it end there. If that machine is gone: --take-over',
  'finish-download':
    'Run it again, as it was: sync --direction download (or install --from-remote, or --direction bidirectional). Nothing was changed. If its remote is gone, to take the files as they are: cryptosync mount --accept-rollback',
  'run-again': 'Nothing of this run was committed. Run it again: it looks at what is there now.',
  'rename-not-carried':
    "Rename these, have the remote take them, or leave them out with the mapping's include patterns.",
  'sync-for-manifest': 'The next sync from the machine that has the vault writes one.',
  'list-generations': 'See which there are: cryptosync generations',
  'find-who-set-back': 'Find out who set it back. To take what it has: leave --at-least out.',
  'repair-remote':
    'What is sound here can be sent again: cryptosync verify --repair. A full pass mends the rest: cryptosync sync --full',
  'send-or-take-older':
    'Is its disk mounted? If so, find out who set it back. To send what this machine holds: cryptosync sync --take-over. To take that older state: cryptosync sync --direction download --force',
  'sync-for-marker':
    'The next sync from the machine that sends there mends it. What is known there: cryptosync generations',
  'replace-unrepaired':
    'What is left is not sound here either, or nobody sent it. An earlier generation may have it: cryptosync generations. To send what is here now, and move aside what was added: cryptosync sync --full',
  'look-at-damaged':
    'Look at all of it: cryptosync verify --deep, with --repair on the machine that sent it. An earlier generation may be whole: cryptosync generations. All but what is damaged: restore --skip-damaged',
  'find-lost-elsewhere':
    'An earlier generation may have them: cryptosync generations, then restore --generation N --path PATH --to DIR',
  'write-sample': 'Give a share (5%) or an amount (200MiB).',
  'look-at-unsealed': 'Nothing was put in place. Find out who can write there. To look at it: --to DIR',
  'leave-target-out': 'Leave --to out: each is put in its own place.',
  'choose-empty-directory': 'Name a directory that is not there yet, or empty.',
  'unmount-to-restore': ({ client, profile }) =>
    `Unmount it: cryptosync unmount --client ${client} --profile ${profile}. Or restore beside it: --to DIR`,
  'install-attr': 'Install the package attr.',
  'search-trash-for-config':
    'Look for it in the trash of the remote (.cryptosync/trash) or in another backup.',
  'give-path-outside': 'Give the remote a path outside of it.',
  'see-executor-types': 'The types ExecutorOptions and EncryptionConfig of the library describe them.',
  'give-state-directory-outside': 'Give the executor a directory outside of what it syncs.',
};
