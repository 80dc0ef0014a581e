import { availableParallelism } from 'node:os';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import type * as Interfaces from '@oclif/core/interfaces';
import { nameOf, type ProfileLayout } from '../clients/layout.ts';
import type { Context } from '../operations/context.ts';
import { sharedNeighbourhood } from '../operations/sync/neighbour-mounts.ts';
import { rekeyProfile } from '../operations/sync/rekey.ts';
import { syncProfile } from '../operations/sync/sync-profile.ts';
import type { SyncRequest } from '../operations/sync/sync-request.ts';
import { syncsDocument } from '../operations/sync/syncs-document.ts';
import { forEachClient, selectProfiles, type TargetResult } from '../operations/targets.ts';
import { directions, parseDeleteLimit, transferModes, verifyBandwidthLimit } from '../remotes/tuning.ts';
import type { SyncResult } from '../sync/result.ts';
import { CryptosyncError } from '../system/errors.ts';
import { keyProvider, type NewKeyFlags, newKeyProvider } from '../terminal/asking/encryption-keys.ts';
import { cryptSettingsOf } from '../terminal/asking/install-request.ts';
import { type PasswordFlags, passwordProvider } from '../terminal/asking/passwords.ts';
import { type CommonFlags, CryptosyncCommand, waitOf } from '../terminal/base-command.ts';
import {
  cryptFlags,
  keyFlags,
  newKeyFlags,
  passwordFlags,
  progressFlag,
  selectionFlags,
  waitFlag,
} from '../terminal/flags.ts';
import { describeCommand, keyVariables, passwordVariables } from '../terminal/help.ts';
import { selectionOf } from '../terminal/selection.ts';
import { fleetOf } from '../terminal/showing/fleet.ts';
import { rekeyLines } from '../terminal/showing/rekey-report.ts';
import { fleetProgress, showSyncs, transferProgress } from '../terminal/showing/sync-report.ts';

export default class Sync extends CryptosyncCommand {
  static override summary = "Bring the vaults' ciphertext to their remotes";
  static override description = describeCommand(
    `Before anything changes, a guard makes sure that the source is a vault with content, that the remote is empty or
this vault's own, and that few files would be deleted. Replaced and deleted files go to a trash on the remote.`,
    `0 synced or nothing to do, 2 usage, 3 some of several failed, 10 configuration, 14 remote or transfer,
15 refused for safety and nothing changed, 75 in use by another run or mounted, 130 interrupted`,
    ...passwordVariables,
    ...keyVariables,
    'CRYPTOSYNC_NEW_ENCRYPTION_KEY',
    'CRYPTOSYNC_NEW_ENCRYPTION_SALT',
    'RCLONE_CONFIG_PASS',
  );
  static override examples = [
    '<%= config.bin %> sync --client client1',
    '<%= config.bin %> sync --client client1 --dry-run',
    '<%= config.bin %> sync --client client1 mybucket/backup --max-delete 10%',
    '<%= config.bin %> sync --all --quiet --wait 1h',
    '<%= config.bin %> sync --client client1 --direction download',
    '<%= config.bin %> sync --client client1 --rekey --new-encryption-key-file new.key',
  ];
  static override args = {
    path: Args.string({
      name: 'REMOTE_PATH',
      description: "a path on the remote instead of the profile's",
      // oclif would take a password that is piped in for the path
      ignoreStdin: true,
    }),
  };
  static override rareFlags = [
    'mode',
    'resync',
    'new-path',
    'new-encryption-key-file',
    'prefer',
    'take-over',
    'full',
    'concurrency',
  ];
  static override flags = {
    ...selectionFlags,
    'dry-run': Flags.boolean({ description: 'list what would be uploaded and deleted, and change nothing' }),
    direction: Flags.option({ options: directions })({
      description: 'upload to the remote, download from it, or bring both together [default: upload]',
    }),
    mode: Flags.option({ options: transferModes })({
      description: 'sync makes the target like the source; copy deletes nothing [default: sync]',
    }),
    'max-delete': Flags.string({
      description: 'delete at most so many files on the remote, or this share of them',
      helpValue: 'N|P%',
    }),
    bwlimit: Flags.string({ description: "limit the bandwidth, as rclone's --bwlimit", helpValue: 'RATE' }),
    force: Flags.boolean({
      description:
        'download over local changes, which are kept aside, or from a remote whose last upload did not end',
    }),
    'take-over': Flags.boolean({
      description: 'send what this machine holds, whatever another one did at the remote meanwhile',
    }),
    full: Flags.boolean({
      description: 'look at the whole remote, and mend what somebody else changed there',
    }),
    resync: Flags.boolean({ description: 'begin a bidirectional sync anew', dependsOn: ['prefer'] }),
    prefer: Flags.option({ options: ['local', 'remote'] as const })({
      description: 'whose files win in a --resync where both sides differ; the others go to the trash',
      dependsOn: ['resync'],
    }),
    rekey: Flags.boolean({
      description:
        'move what lies on the remote to a new key at a new path, compare it, and switch the profile',
      exclusive: ['direction', 'dry-run', 'resync', 'mode'],
    }),
    'new-path': Flags.string({
      description: 'the new path for --rekey [default: the old one with the date]',
      dependsOn: ['rekey'],
      helpValue: 'PATH',
    }),
    remount: Flags.boolean({
      description: 'unmount a vault that must be still, and mount it again afterwards',
    }),
    concurrency: Flags.integer({
      description: 'sync so many clients at a time [default: the number of processors]',
      helpValue: 'N',
      min: 1,
      max: 64,
    }),
    wait: waitFlag,
    progress: progressFlag,
    ...passwordFlags,
    ...keyFlags,
    ...newKeyFlags,
    ...cryptFlags,
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(Sync);
    const context = this.contextFor(flags);
    const manner = this.mannerFor(flags);
    if (args.path === '') {
      throw new CryptosyncError('USAGE', 'REMOTE_PATH is empty', {
        advice: { to: 'give-value' },
      });
    }
    if (flags['max-delete'] !== undefined) parseDeleteLimit(flags['max-delete']);
    if (flags.bwlimit !== undefined) verifyBandwidthLimit(flags.bwlimit);
    const layouts = selectProfiles(context, selectionOf(flags, this.defaultClient));
    if (flags.rekey) return await this.#rekey(context, onlyOne(layouts), flags);
    const fleet =
      layouts.length < 2 ? undefined : fleetOf(`Syncing ${layouts.length} profiles`, layouts.length, manner);
    const request = {
      ...requestOf(args, flags),
      neighbourhood: fleet && sharedNeighbourhood(context.clock),
      password: passwordProvider(context, flags, { ...manner, asking: fleet?.asking }, false),
      encryptionKey: keyProvider(context, flags, { ...manner, asking: fleet?.asking }),
    };
    const syncOne = (layout: ProfileLayout): Promise<SyncResult[]> => {
      const name = nameOf(layout);
      if (fleet === undefined) {
        return syncProfile(context, {
          ...request,
          layout,
          ...transferProgress(`Syncing ${name}`, manner, aboutSync(layout)),
        });
      }
      return fleet.one(name, () =>
        syncProfile(context, {
          ...request,
          layout,
          ...fleetProgress(name, fleet, manner, aboutSync(layout)),
        }),
      );
    };
    const syncAll = (): Promise<TargetResult<SyncResult[]>[]> =>
      forEachClient(layouts, context.signal, syncOne, atOnceOf(flags));
    const results = await (fleet === undefined ? syncAll() : fleet.during(syncAll));
    const document = syncsDocument(results);
    showSyncs(document, flags.verbose, this.reporter());
    return this.reporter().finish(document);
  }

  async #rekey(context: Context, layout: ProfileLayout, flags: RekeyFlags): Promise<object> {
    const manner = this.mannerFor(flags);
    const result = await rekeyProfile(context, {
      layout,
      newKey: newKeyProvider(context, flags, manner),
      crypt: cryptSettingsOf({ ...flags, crypt: false }),
      newPath: flags['new-path'],
      remount: flags.remount,
      password: passwordProvider(context, flags, manner, false),
      wait: waitOf(flags.wait),
      ...transferProgress(`Moving ${nameOf(layout)} to the new key`, manner, aboutSync(layout)),
    });
    for (const line of rekeyLines(layout, result)) this.say(line);
    return result;
  }
}

type RekeyFlags = CommonFlags &
  NewKeyFlags &
  PasswordFlags &
  Omit<Parameters<typeof cryptSettingsOf>[0], 'crypt'> & {
    readonly 'new-path'?: string | undefined;
    readonly remount: boolean;
    readonly wait?: string | undefined;
  };

type SyncFlags = Interfaces.InferredFlags<typeof Sync.flags>;

function aboutSync({ client, profile }: ProfileLayout): Parameters<typeof transferProgress>[2] {
  return { operation: 'sync', client, profile };
}

/** What is asked of every profile alike. @throws USAGE */
function requestOf(
  { path }: { readonly path: string | undefined },
  flags: SyncFlags,
): Omit<SyncRequest, 'layout' | 'password' | 'encryptionKey'> {
  return {
    remotePath: path,
    direction: flags.direction,
    mode: flags.mode,
    dryRun: flags['dry-run'],
    maxDelete: flags['max-delete'],
    bandwidthLimit: flags.bwlimit,
    remount: flags.remount,
    force: flags.force,
    takeOver: flags['take-over'],
    full: flags.full,
    resync: flags.resync ? flags.prefer : undefined,
    wait: waitOf(flags.wait),
  };
}

/** Vaults that are mounted again are taken one by one: CryFS takes 1 GiB to open one (hazards.md C9). */
function atOnceOf({ concurrency, remount }: Pick<SyncFlags, 'concurrency' | 'remount'>): number {
  return concurrency ?? (remount ? 1 : availableParallelism());
}

/** @throws USAGE for several profiles: each has a key of its own */
function onlyOne(layouts: readonly ProfileLayout[]): ProfileLayout {
  const [layout] = layouts;
  if (layout !== undefined && layouts.length === 1) return layout;
  throw new CryptosyncError('USAGE', 'a key is changed for one profile at a time', {
    advice: { to: 'name-one-profile' },
  });
}
