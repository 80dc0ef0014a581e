/** From the selection flags to the profiles that a command is about. */
import type { Selection } from '../operations/targets.ts';

export interface SelectionFlags {
  readonly client?: readonly string[] | undefined;
  readonly profile?: readonly string[] | undefined;
  readonly all?: boolean;
  readonly 'all-profiles'?: boolean;
}

export function selectionOf(flags: SelectionFlags, defaultClient: string): Selection {
  return {
    clients: flags.client ?? [defaultClient],
    all: flags.all ?? false,
    profiles: flags.profile ?? [],
    allProfiles: flags['all-profiles'] ?? false,
  };
}
