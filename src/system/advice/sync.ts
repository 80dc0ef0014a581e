/** What may be advised about a sync: guards, directions, mappings. */
import type { NoFacts } from './facts.ts';

export interface SyncAdvice
  extends Record<
    | 'set-mapping-paths'
    | 'encrypt-or-allow-plaintext'
    | 'allow-outside'
    | 'leave-source-out'
    | 'separate-mappings'
    | 'rekey-where-uploaded'
    | 'leave-new-path-out'
    | 'unmount-or-remount'
    | 'name-both-ways'
    | 'see-why-overdue'
    | 'write-delete-limit'
    | 'mount-disk'
    | 'restore-emptied'
    | 'restore-torn-files'
    | 'separate-vaults'
    | 'choose-empty-path'
    | 'decide-for-side'
    | 'resend-config'
    | 'rename-twin-directory'
    | 'prefer-vault-state'
    | 'replace-link'
    | 'look-at-exchanged-file'
    | 'finish-both-ways'
    | 'rename-on-one-side'
    | 'rename-it'
    | 'leave-mode-out'
    | 'choose-one-direction'
    | 'finish-last-sync'
    | 'prefer-version'
    | 'upload-or-force'
    | 'check-download-path'
    | 'copy-foreign-files'
    | 'finish-last-upload'
    | 'search-trash-for-config'
    | 'find-who-writes'
    | 'mount-or-take-over'
    | 'download-or-take-over'
    | 'download-older-or-take-over'
    | 'let-end-or-take-over'
    | 'run-again'
    | 'finish-download'
    | 'rename-not-carried'
    | 'install-attr'
    | 'list-generations'
    | 'find-who-set-back'
    | 'look-at-damaged'
    | 'find-lost-elsewhere'
    | 'repair-remote'
    | 'send-or-take-older'
    | 'sync-for-marker'
    | 'replace-unrepaired'
    | 'write-sample'
    | 'look-at-unsealed'
    | 'leave-target-out'
    | 'choose-empty-directory'
    | 'sync-for-manifest'
    | 'give-path-outside'
    | 'see-executor-types'
    | 'give-state-directory-outside',
    NoFacts
  > {
  'install-from-remote': { readonly client: string };
  'unmount-to-restore': { readonly client: string; readonly profile: string };
  'mount-for-id': { readonly client: string; readonly profile: string };
  'allow-emptying': { readonly deletions: number; readonly kind: string };
  'allow-deletions': { readonly deletions: number };
  'fill-vanished-side': { readonly other: string; readonly side: string };
}
