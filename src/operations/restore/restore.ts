/** Restoring the mappings of a profile that is there: the vault, or the directories that it syncs. */
import type { Profile } from '../../clients/profile.ts';
import { readProfile } from '../../clients/profile-store.ts';
import { type CryptKey, wipeKey } from '../../remotes/crypt.ts';
import { type Ending, recorded } from '../../runs/recorded.ts';
import type { Secret } from '../../secrets/secret.ts';
import { verifyTools } from '../../system/dependencies.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { stateOfVault } from '../../vaults/mounting.ts';
import type { Context } from '../context.ts';
import { settleVault } from '../settle.ts';
import { verifyKeptOut } from '../sync/kept-out.ts';
import { type Mapping, mappingsOf } from '../sync/mapping.ts';
import { verifyNoVaultMountedIn } from '../sync/neighbour-mounts.ts';
import { mappingLocks } from '../sync/sync-run.ts';
import { underLocksAfterAsking } from '../under-locks.ts';
import { passwordSourceOf } from '../vault-of.ts';
import { bringBack } from './bring-back.ts';
import { verifyFree } from './free.ts';
import type { RestoreRequest, RestoreResult } from './request.ts';

interface Seen {
  readonly profile: Profile;
  readonly mappings: readonly Mapping[];
}

interface Answers {
  readonly key: CryptKey | undefined;
  readonly password: Secret | undefined;
}

/**
 * Restores every mapping of a profile, one after the other.
 * @throws what is wrong with the profile, VAULT_MOUNTED, USAGE, and what `bringBack` throws
 */
export async function restoreProfile(context: Context, request: RestoreRequest): Promise<RestoreResult[]> {
  const { layout, wait, around } = request;
  const record = (run: () => Promise<RestoreResult[]>): Promise<RestoreResult[]> =>
    recorded(context, { layout, operation: 'restore', facts: wantedOf(request) }, run, describe);
  return await underLocksAfterAsking<Seen, Answers, RestoreResult[]>(
    context,
    { wait, around, record },
    {
      async look() {
        const seen = lookAt(request);
        if (request.to !== undefined)
          verifyKeptOut(context.root, request.to, 'what comes to', 'may lie in a source');
        verifyTools(['rclone', 'flock'], context.environment);
        for (const mapping of seen.mappings) await verifyStill(request, mapping);
        return seen;
      },
      locks: ({ mappings }) => {
        const all = mappings.flatMap((mapping) => mappingLocks(layout, mapping));
        return all.filter(({ path }, index) => all.findIndex((other) => other.path === path) === index);
      },
      async ask({ profile, mappings }) {
        const isCrypted = mappings.some(({ crypt }) => crypt !== undefined);
        const isVault = mappings.some(({ source }) => source.kind === 'vault');
        const key = isCrypted ? await request.encryptionKey(layout, profile) : undefined;
        return { key, password: isVault ? await request.password(layout, profile) : undefined };
      },
      question: ({ profile, mappings }) => [
        mappings.map(({ source }) => source.directory),
        profile.crypt !== undefined && [profile.encryptionKeyCommand, profile.encryptionSaltCommand],
        passwordSourceOf(profile),
      ],
      forget({ key, password }) {
        if (key !== undefined) wipeKey(key);
        password?.wipe();
      },
      async act({ profile, mappings }, answers) {
        const results: RestoreResult[] = [];
        for (const mapping of mappings) {
          if (mapping.source.kind === 'vault') await settleVault(context, layout, profile, mapping.vault);
          try {
            results.push(await bringBack(context, request, { profile, mapping, ...answers }));
          } catch (error) {
            for (const done of results) context.warn(broughtBefore(done));
            throw error;
          }
        }
        return results;
      },
    },
  );
}

/** Of a mapping that was put in its place before another one failed. */
function broughtBefore({ directory, keptAside }: RestoreResult): string {
  const kept = keptAside === null ? '' : `; what was there before is kept in ${keptAside}`;
  return `${directory} was brought back before this failed${kept}`;
}

function lookAt({ layout, from, to }: RestoreRequest): Seen {
  const own = readProfile(layout);
  const profile = from === undefined ? own : { ...own, remote: from };
  const mappings = mappingsOf(layout, profile, { direction: 'download', remotePath: from?.path });
  if (to !== undefined && mappings.length > 1) {
    throw new CryptosyncError(
      'USAGE',
      `the profile has ${mappings.length} mappings, and one directory is named`,
      {
        advice: { to: 'leave-target-out' },
      },
    );
  }
  if (to !== undefined) verifyFree(to);
  return { profile, mappings };
}

/** Nobody works in what is about to be moved aside. @throws VAULT_MOUNTED */
async function verifyStill({ layout, to }: RestoreRequest, { source, vault }: Mapping): Promise<void> {
  if (to !== undefined) return;
  verifyNoVaultMountedIn(source.directory);
  if (source.kind !== 'vault') return;
  const { kind } = await stateOfVault(vault);
  if (kind === 'unmounted') return;
  throw new CryptosyncError('VAULT_MOUNTED', `the vault of ${layout.client}/${layout.profile} is mounted`, {
    advice: { to: 'unmount-to-restore', client: layout.client, profile: layout.profile },
  });
}

function wantedOf({ generation, at, to, from }: RestoreRequest): Readonly<Record<string, unknown>> {
  return { wanted: generation ?? at ?? null, to: to ?? null, from: from ?? null };
}

export function describe(results: readonly RestoreResult[]): Ending {
  return {
    outcome: 'restored',
    did: results
      .map(({ remote, generation, directory, lost }) => {
        const but = lost.length === 0 ? '' : `, but ${lost.length} damaged files`;
        return `${remote}, generation ${generation}, to ${directory}${but}`;
      })
      .join('; '),
    facts: {
      restored: results.map(({ remote, generation, id, directory, keptAside, lost }) => ({
        ...{ remote, generation, id, directory, keptAside },
        ...(lost.length > 0 && { lost: lost.length }),
      })),
    },
  };
}
