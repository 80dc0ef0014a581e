/** What may be advised about remotes and rclone.conf. */
import type { NoFacts } from './facts.ts';

export interface RemoteAdvice
  extends Record<
    | 'set-absolute-path'
    | 'give-conf-password-or-terminal'
    | 'see-what-rclone-printed'
    | 'check-remote-path'
    | 'make-remote-or-sink'
    | 'compare-again'
    | 'check-remote-keeps'
    | 'separate-data'
    | 'give-first-key'
    | 'restore-older-remote'
    | 'value-would-change'
    | 'write-bandwidth'
    | 'mend-conf-line'
    | 'unset-certificates'
    | 'set-up-missing-remote'
    | 'find-rclone-with-backend'
    | 'give-conf-password'
    | 'mend-conf'
    | 'check-credentials'
    | 'allow-changes'
    | 'allow-changes-in-directory'
    | 'keep-one-file-system'
    | 'follow-remote-name-rule'
    | 'give-one-line'
    | 'name-in-utf8'
    | 'check-space-then-install'
    | 'check-space-then-again'
    | 'check-backend-options'
    | 'use-https'
    | 'see-sink-types',
    NoFacts
  > {
  'give-remote': { readonly client: string; readonly profile: string };
  'set-up-remote': { readonly client: string; readonly profile: string };
  'remove-remote-above': { readonly client: string; readonly remote: string };
  'choose-among': { readonly known: readonly string[] };
  'choose-sink': { readonly known: readonly string[] };
  'use-plain-names': { readonly reserved: string };
}
