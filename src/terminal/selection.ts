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
    clients: listOf(flags.client) ?? [defaultClient],
    all: flags.all ?? false,
    profiles: listOf(flags.profile) ?? [],
    allProfiles: flags['all-profiles'] ?? false,
  };
}

/** oclif gives a flag that can be repeated as a plain text when it comes from the environment. */
function listOf(value: readonly string[] | string | undefined): readonly string[] | undefined {
  return typeof value === 'string' ? [value] : value;
}
