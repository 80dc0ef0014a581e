/** What may be advised about installing a client. */
import type { NoFacts } from './facts.ts';

export interface InstallAdvice
  extends Record<
    | 'move-or-choose-client'
    | 'restore-lost-vault'
    | 'clear-encrypted-directory'
    | 'choose-or-free-mount-directory'
    | 'name-sharing-profiles'
    | 'name-remote-directory'
    | 'name-backend'
    | 'use-options-file'
    | 'force-configuration',
    NoFacts
  > {
  'mount-disk-above': { readonly directory: string };
  'restore-former-vault': { readonly file: string };
  'install-other-profile': { readonly engine: string };
  'log-in': { readonly client: string; readonly remote: string };
}
