/** What may be advised about a path that is not as safe as its use needs it to be. */
import type { NoFacts } from './facts.ts';

export interface PathsAdvice {
  'look-at-link': { readonly path: string };
  'take-mount-off': { readonly path: string };
  'look-at-file': { readonly path: string };
  /** What `userId` believes belongs to `owner`. */
  'own-path': { readonly path: string; readonly owner: number; readonly userId: number };
  'separate-mount-directory': { readonly client: string; readonly profile: string };
  'keep-out-of-syncs': NoFacts;
  'close-path': { readonly path: string };
}
