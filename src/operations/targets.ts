/** Which profiles a command is about, and doing something to each of them. */

import { listClients, listProfiles, verifyRoot } from '../clients/discovery.ts';
import { listFormerProfiles } from '../clients/former-tree.ts';
import { whyClientSick } from '../clients/home/reachable.ts';
import { clientLayout, type ProfileLayout, profileLayout } from '../clients/layout.ts';
import { defaultProfile, parseClientId, parseProfileName } from '../clients/names.ts';
import { CryptosyncError, toCryptosyncError } from '../system/errors.ts';
import { kindOf } from '../system/files.ts';
import { readMountTable } from '../system/stores/mount-table.ts';
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
  const table = readMountTable();
  return clients.flatMap((client) => {
    if (profiles.length > 0) return profiles.map((profile) => profileLayout(context.root, client, profile));
    // what can't be listed now fails by itself, and stops no other
    const isSick = whyClientSick(clientLayout(context.root, client), table) !== undefined;
    if (isSick || (!selection.all && !selection.allProfiles))
      return [profileLayout(context.root, client, defaultProfile)];
    const former = selection.former ? listFormerProfiles(context.root, client) : [];
    const found = [...listProfiles(context.root, client, table), ...former];
    if (found.length === 0 && !selection.all) verifyClient(context.root, client);
    return found.map((profile) => profileLayout(context.root, client, profile));
  });
}

function verifyClient(root: string, client: ReturnType<typeof parseClientId>): void {
  const layout = clientLayout(root, client);
  if (kindOf(layout.toolDirectory) !== 'none') return;
  throw new CryptosyncError('CLIENT_NOT_FOUND', `there is no client ${client} in ${root}`, {
    advice: { to: 'set-up-or-list-clients', client },
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
  const queues = [...layouts.entries()].map((entry) => [entry]);
  return await forEachQueue(queues, signal, action, atOnce);
}

/**
 * The same, several clients at a time, and the profiles of each one after the other: they may share a vault, and must
 * not find each other in the way.
 */
export async function forEachClient<Result>(
  layouts: readonly ProfileLayout[],
  signal: AbortSignal | undefined,
  action: (layout: ProfileLayout) => Promise<Result>,
  atOnce: number,
): Promise<TargetResult<Result>[]> {
  const byClient = new Map<string, [number, ProfileLayout][]>();
  for (const [index, layout] of layouts.entries()) {
    const own = byClient.get(layout.client);
    if (own === undefined) byClient.set(layout.client, [[index, layout]]);
    else own.push([index, layout]);
  }
  return await forEachQueue([...byClient.values()], signal, action, atOnce);
}

async function forEachQueue<Result>(
  queues: readonly (readonly [index: number, layout: ProfileLayout])[][],
  signal: AbortSignal | undefined,
  action: (layout: ProfileLayout) => Promise<Result>,
  atOnce: number,
): Promise<TargetResult<Result>[]> {
  const results: TargetResult<Result>[] = [];
  const waiting = [...queues];
  let isLeft = false;
  const mayGoOn = (): boolean => !isLeft && signal?.aborted !== true;
  const work = async (): Promise<void> => {
    for (let queue = waiting.shift(); queue !== undefined; queue = waiting.shift()) {
      for (const [index, layout] of queue) {
        if (!mayGoOn()) return;
        try {
          results[index] = { layout, result: await action(layout) };
        } catch (thrown) {
          const error = toCryptosyncError(thrown);
          results[index] = { layout, error };
          // who leaves one question by Ctrl-C does not want the next
          if (error.code === 'INTERRUPTED') isLeft = true;
        }
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results.filter((result) => result !== undefined);
}
