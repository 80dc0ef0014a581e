/** What may be advised about moving a client, and about what is kept for bad days. */
import type { NoFacts } from './facts.ts';

export interface MovingAdvice
  extends Record<
    | 'choose-new-file'
    | 'give-export'
    | 'give-identity'
    | 'give-passphrase'
    | 'try-passphrase-or-identity'
    | 'make-age-identity'
    | 'use-another-copy'
    | 'accept-commands'
    | 'import-elsewhere'
    | 'choose-one-lock'
    | 'unmount-to-prove',
    NoFacts
  > {
  'relocate-tree': { readonly client: string; readonly home: string };
  'mend-former-paths': { readonly file: string };
  'move-tree-here': { readonly from: string; readonly into: string };
}
