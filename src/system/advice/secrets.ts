/** What may be advised about passwords and keys. */
import type { NoFacts } from './facts.ts';

export interface SecretsAdvice
  extends Record<
    'make-key' | 'make-salt' | 'write-options-in-utf-8' | 'give-new-password' | 'use-password-file',
    NoFacts
  > {
  'run-secret-command': { readonly noun: string };
  'schedule-password': { readonly client: string; readonly profile: string };
  'schedule-key': { readonly client: string; readonly profile: string };
  'give-secret-in-file': { readonly noun: string };
}
