import { resolve } from 'node:path';
import * as Flags from '@oclif/core/flags';
import type * as Interfaces from '@oclif/core/interfaces';
import { nameOf, profileLayout } from '../clients/layout.ts';
import { parseClientId, parseProfileName } from '../clients/names.ts';
import { readProfileIfPresent } from '../clients/profile-store.ts';
import type { Context } from '../operations/context.ts';
import { isSetUpHalf, restoreOnBareMachine } from '../operations/restore/bare.ts';
import { type PartRequest, restoreKnown } from '../operations/restore/known.ts';
import { lossOf } from '../operations/restore/lost.ts';
import { restoreBeside } from '../operations/restore/passing-tree.ts';
import type { RestoreResult } from '../operations/restore/request.ts';
import { verifyBandwidthLimit } from '../remotes/tuning.ts';
import { keyProvider } from '../terminal/asking/encryption-keys.ts';
import { installRequestOf } from '../terminal/asking/install-request.ts';
import { askingAgain, passwordProvider } from '../terminal/asking/passwords.ts';
import { type CommonFlags, CryptosyncCommand, waitOf } from '../terminal/base-command.ts';
import {
  clientFlag,
  cryptFlags,
  generationFlags,
  keyFlags,
  passwordFlags,
  profileFlag,
  progressFlag,
  remoteFlags,
  treeFlags,
  waitFlag,
} from '../terminal/flags.ts';
import { describeCommand, keyVariables, passwordVariables } from '../terminal/help.ts';
import { programOf } from '../terminal/program.ts';
import { insideOf, placeFrom, timeOf } from '../terminal/reading.ts';
import { runTasks } from '../terminal/showing/progress/tasks.ts';
import { restoreLines } from '../terminal/showing/restore-report.ts';
import { transferProgress } from '../terminal/showing/sync-report.ts';

export default class Restore extends CryptosyncCommand {
  static override summary = 'Bring a vault back from its remote, in any state that is kept';
  static override description = describeCommand(
    `All of a generation is fetched beside the vault's place, checked against its manifest, opened with the password and only
then put there; what was there before is moved aside. On a machine that does not know the client, the options of the
remote make it one that does, unless --to says where else it goes. Interrupted, the same command goes on where it was.`,
    `0 restored, 2 usage, 10 configuration, 12 password or key, 13 mount, 14 remote or disk full, 15 refused, 16 what lies
there is not what the manifest says, 75 mounted or in use by another run, 130 interrupted`,
    ...passwordVariables,
    ...keyVariables,
    'RCLONE_CONFIG_PASS',
  );
  static override examples = [
    '<%= config.bin %> restore --client client1',
    '<%= config.bin %> restore --client client1 --at 2026-01-31T02:00:00Z',
    '<%= config.bin %> restore --client client1 --generation 12 --to /srv/looked-at',
    '<%= config.bin %> restore --client client1 --path contracts/2026 --to /srv/found',
    '<%= config.bin %> restore --client client1 --from s3:bucket/client1 --remote-type s3 --remote-options-file s3.conf',
  ];
  static override rareFlags = [
    'at-least',
    'skip-damaged',
    'remote-option',
    'remote-options',
    'bin-dir',
    'links',
    'crypt',
    'mount-dir',
  ];
  static override flags = {
    client: clientFlag,
    profile: profileFlag,
    from: Flags.string({
      description: "a remote and a path on it, instead of the profile's",
      helpValue: 'REMOTE:PATH',
    }),
    ...generationFlags,
    'at-least': Flags.integer({
      description: 'refuse a remote whose newest generation is an older one',
      helpValue: 'N',
      min: 1,
    }),
    to: Flags.string({
      description: "a directory that is not there yet, instead of the vault's place",
      helpValue: 'DIR',
    }),
    path: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'only this file or directory of the plaintext, into --to; can be given several times',
      helpValue: 'PATH',
      dependsOn: ['to'],
    }),
    'skip-damaged': Flags.boolean({
      description: 'bring back all that is sound at the remote, and name what is not (exit 16)',
    }),
    bwlimit: Flags.string({ description: "limit the bandwidth, as rclone's --bwlimit", helpValue: 'RATE' }),
    ...remoteFlags,
    ...treeFlags,
    crypt: Flags.boolean({
      description: 'on a machine that does not know the client: there is a crypt layer over the remote',
      helpGroup: 'ENCRYPTION',
    }),
    ...cryptFlags,
    wait: waitFlag,
    progress: progressFlag,
    ...passwordFlags,
    ...keyFlags,
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Restore);
    const context = this.contextFor(flags);
    const manner = this.mannerFor(flags);
    const client = parseClientId(flags.client ?? this.defaultClient);
    const layout = profileLayout(context.root, client, parseProfileName(flags.profile ?? 'default'));
    if (flags.bwlimit !== undefined) verifyBandwidthLimit(flags.bwlimit);
    const password = passwordProvider(context, flags, manner, false);
    const request: PartRequest = {
      layout,
      generation: flags.generation,
      at: flags.at === undefined ? undefined : timeOf('--at', flags.at),
      atLeast: flags['at-least'],
      from: flags.from === undefined ? undefined : placeFrom('--from', flags.from),
      to: flags.to === undefined ? undefined : resolve(flags.to),
      paths: flags.path?.map((path) => insideOf('--path', path)),
      ...{ skipDamaged: flags['skip-damaged'], bandwidthLimit: flags.bwlimit },
      password,
      encryptionKey: keyProvider(context, flags, manner),
      wait: waitOf(flags.wait),
      ...transferProgress(`Restoring ${nameOf(layout)}`, manner, {
        operation: 'restore',
        client,
        profile: layout.profile,
      }),
    };
    const isHalf = flags.to === undefined && isSetUpHalf(layout);
    const isKnown = readProfileIfPresent(layout) !== undefined && !isHalf && !setsUp(flags);
    const results = await askingAgain(password, layout, () =>
      isKnown ? restoreKnown(context, request) : this.#onBareMachine(context, request, flags),
    );
    for (const line of restoreLines(nameOf(layout), results)) this.say(line);
    const error = lossOf(results);
    const { tell, finish } = this.reporter();
    if (error !== undefined) tell(error, nameOf(layout));
    const document = { client: layout.client, profile: layout.profile, restored: results };
    return finish({ ...document, ...(error !== undefined && { error }) });
  }

  async #onBareMachine(
    context: Context,
    request: PartRequest,
    flags: RestoreFlags,
  ): Promise<RestoreResult[]> {
    const { to, password, encryptionKey, wait } = request;
    const installation = await installRequestOf(context, request.layout, {
      ...flags,
      ...{ 'remote-name': request.from?.name, 'remote-path': request.from?.path },
      ...{ 'use-cryfs': false, 'allow-outside': false, plaintext: false, 'from-remote': true },
      ...{ force: false, 'with-deps': false, 'initial-sync': false, 'auto-mount': false },
      links: flags.links && to === undefined,
    });
    if (to !== undefined) return await restoreBeside(context, { ...request, to }, installation);
    const manner = this.mannerFor(flags);
    const program = programOf(this.config);
    const runSteps = (steps: Parameters<typeof runTasks>[0]): Promise<void> => runTasks(steps, manner);
    const inputs = { password, encryptionKey, wait, program, runSteps };
    return [await restoreOnBareMachine(context, request, installation, inputs)];
  }
}

type RestoreFlags = CommonFlags & Interfaces.InferredFlags<typeof Restore.flags>;

/** Whether the remote is to be set up: where it is already, an install finds nothing to do, or refuses what differs. */
function setsUp(flags: RestoreFlags): boolean {
  const names: readonly string[] = [...Object.keys(remoteFlags), 'crypt', 'mount-dir', 'bin-dir'];
  return Object.entries(flags).some(
    ([name, value]) => names.includes(name) && value !== undefined && value !== false,
  );
}
