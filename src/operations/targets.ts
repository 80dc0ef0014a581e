/** Which profiles a command is about, and doing something to each of them. */
import { listClients, listProfiles, verifyRoot } from '../clients/discovery.ts';
import { listFormerProfiles } from '../clients/former-tree.ts';
import { clientLayout, type ProfileLayout, profileLayout } from '../clients/layout.ts';
import { defaultProfile, parseClientId, parseProfileName } from '../clients/names.ts';
import { CryptosyncError, toCryptosyncError } from '../system/errors.ts';
import { kindOf } from '../system/files.ts';
import type { Context } from './context.ts';

export interface Selection {
  readonly clients: readonly string[];
  /** All clients below the root, and all their profiles where none is named. */
  readonly all: boolean;
  readonly profiles: readonly string[];
  readonly allProfiles: boolean;
  /** Also the profiles of older trees that were not taken over yet. */
  readonly former?: boolean;
}

/** @throws INVALID_CLIENT_ID, USAGE, CLIENT_NOT_FOUND, CONFIG_INVALID */
export function selectProfiles(
  context: Pick<Context, 'root' | 'userId'>,
  selection: Selection,
): ProfileLayout[] {
  verifyRoot(context.root, context.userId);
  const clients = selection.all
    ? listClients(context.root)
    : [...new Set(selection.clients)].map((text) => parseClientId(text));
  const profiles = [...new Set(selection.profiles)].map((text) => parseProfileName(text));
  return clients.flatMap((client) => {
    if (profiles.length > 0) return profiles.map((profile) => profileLayout(context.root, client, profile));
    if (!selection.all && !selection.allProfiles)
      return [profileLayout(context.root, client, defaultProfile)];
    const former = selection.former ? listFormerProfiles(context.root, client) : [];
    const found = [...listProfiles(context.root, client), ...former];
    if (found.length === 0 && !selection.all) verifyClient(context.root, client);
    return found.map((profile) => profileLayout(context.root, client, profile));
  });
}

function verifyClient(root: string, client: ReturnType<typeof parseClientId>): void {
  const layout = clientLayout(root, client);
  if (kindOf(layout.toolDirectory) !== 'none') return;
  throw new CryptosyncError('CLIENT_NOT_FOUND', `there is no client ${client} in ${root}`, {
    hint: `Set it up: cryptosync install --client ${client}. See which there are: cryptosync status --all`,
  });
}

export interface TargetResult<Result> {
  readonly layout: ProfileLayout;
  readonly result?: Result;
  readonly error?: CryptosyncError;
}

/**
 * Does `action` to every profile. A failure is kept as its result; after an interruption nothing new is begun.
 * @param atOnce how many at the same time; the results are in the order of the profiles.
 */
export async function forEachProfile<Result>(
  layouts: readonly ProfileLayout[],
  signal: AbortSignal | undefined,
  action: (layout: ProfileLayout) => Promise<Result>,
  atOnce = 1,
): Promise<TargetResult<Result>[]> {
  const results: TargetResult<Result>[] = [];
  const waiting = [...layouts.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined && !signal?.aborted; next = waiting.shift()) {
      const [index, layout] = next;
      try {
        results[index] = { layout, result: await action(layout) };
      } catch (thrown) {
        const error = toCryptosyncError(thrown);
        results[index] = { layout, error };
        // who leaves one question by Ctrl-C does not want the next
        if (error.code === 'INTERRUPTED') waiting.length = 0;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results.filter((result) => result !== undefined);
}
