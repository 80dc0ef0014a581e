/** What may be advised about profiles, settings, names, completions, uninstall. */
import type { NoFacts } from './facts.ts';

export interface ConfigurationAdvice
  extends Record<
    | 'choose-root'
    | 'name-root-itself'
    | 'write-whole-path'
    | 'nothing-changed'
    | 'follow-name-rule'
    | 'edit-profile'
    | 'mend-profile'
    | 'choose-link-directory'
    | 'move-link-away'
    | 'mend-or-remove-file'
    | 'mend-or-remove-settings'
    | 'name-completion-directory'
    | 'move-completions-away'
    | 'set-home'
    | 'look-at-changes'
    | 'make-profile-for-vault'
    | 'remove-vault-by-hand'
    | 'look-where-link-leads'
    | 'check-paths'
    | 'set-tmpdir'
    | 'check-owner'
    | 'choose-other-editor'
    | 'say-global'
    | 'leave-global-out',
    NoFacts
  > {
  'choose-engine': { readonly known: readonly string[] };
  'choose-key': { readonly nearest: string | undefined; readonly known: readonly string[] };
  'choose-unreserved-name': { readonly name: string };
  'set-up-client': { readonly client: string };
  'set-up-or-list-clients': { readonly client: string };
  'set-up-profile': { readonly client: string; readonly profile: string };
  'bring-older-profile-back': { readonly backup: string };
  'name-shell': { readonly shells: readonly string[] };
  'make-profile-for-engine': { readonly client: string; readonly engine: string };
  'move-vault-first': { readonly from: string; readonly into: string };
  'uninstall-sharer': { readonly sharer: string; readonly shared: 'vault' | 'remote' };
}
