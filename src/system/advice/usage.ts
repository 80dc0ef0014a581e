/** What may be advised about a command line that says too little, or what cannot be. */
import type { NoFacts } from './facts.ts';

export interface UsageAdvice
  extends Record<
    | 'look-again-later'
    | 'give-rclone-arguments'
    | 'give-value'
    | 'write-duration'
    | 'write-place'
    | 'write-time'
    | 'edit-by-script'
    | 'write-option-keys'
    | 'share-stdin'
    | 'see-findings'
    | 'name-one-profile'
    | 'write-address'
    | 'give-token-file'
    | 'give-certificate'
    | 'give-workloads'
    | 'write-workload-id'
    | 'give-secret-by-file'
    | 'release-or-force'
    | 'give-token'
    | 'start-server'
    | 'claim-and-release'
    | 'list-commands'
    | 'list-topics'
    | 'write-plain-time'
    | 'name-job'
    | 'name-schedule-system'
    | 'schedule-with-systemd'
    | 'give-plain-credential'
    | 'write-credential'
    | 'write-unit',
    NoFacts
  > {
  'did-you-mean-command': { readonly nearest: readonly string[] };
  'did-you-mean-topic': { readonly nearest: readonly string[] };
  'did-you-mean-flag': { readonly nearest: readonly string[] };
  'choose-command': { readonly topic: string; readonly commands: readonly string[] };
  'give-by-flag': { readonly command: string };
  'confirm-by-name': { readonly flag: string; readonly name: string };
}
