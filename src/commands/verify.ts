import { resolve } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { nameOf, type ProfileLayout } from '../clients/layout.ts';
import { forEachClient, selectProfiles } from '../operations/targets.ts';
import type { VerifyResult } from '../operations/verify/request.ts';
import { verifiesDocument } from '../operations/verify/verifies-document.ts';
import { verifyProfile } from '../operations/verify/verify.ts';
import { verifyBandwidthLimit } from '../remotes/tuning.ts';
import type { Depth } from '../sync/verify/verify.ts';
import { keyProvider } from '../terminal/asking/encryption-keys.ts';
import { passwordProvider } from '../terminal/asking/passwords.ts';
import { CryptosyncCommand, waitOf } from '../terminal/base-command.ts';
import {
  generationFlags,
  keyFlags,
  passwordFlags,
  progressFlag,
  selectionFlags,
  waitFlag,
} from '../terminal/flags.ts';
import { describeCommand, keyVariables, passwordVariables } from '../terminal/help.ts';
import { sampleOf, timeOf } from '../terminal/reading.ts';
import { selectionOf } from '../terminal/selection.ts';
import { transferProgress } from '../terminal/showing/sync-report.ts';
import { showVerifies } from '../terminal/showing/verify-report.ts';

export default class Verify extends CryptosyncCommand {
  static override summary = 'Check that remotes hold what was sent, down to a rehearsed return';
  static override description = describeCommand(
    `By itself the remote's list is compared with the manifest, which finds what is missing, added, or of another size.
--deep reads everything and compares hashes, --sample a part in turn, and goes on where it was cut off. --drill brings all of
it back to a scratch directory, opens it, and reads every file. What could not be checked is never called right.`,
    `0 as it was sent, 2 usage, 3 some of several are not, 10 configuration, 12 password or key, 14 it could not be
checked, 16 damage was found, 75 in use by another run (--repair), 130 interrupted`,
    ...passwordVariables,
    ...keyVariables,
    'RCLONE_CONFIG_PASS',
  );
  static override examples = [
    '<%= config.bin %> verify --client client1',
    '<%= config.bin %> verify --all --sample 5%',
    '<%= config.bin %> verify --client client1 --deep --repair',
    '<%= config.bin %> verify --client client1 --drill',
  ];
  static override rareFlags = ['scratch'];
  static override flags = {
    ...selectionFlags,
    ...generationFlags,
    deep: Flags.boolean({
      description: 'read everything and compare hashes; with --sample, a part of it in turn',
    }),
    sample: Flags.string({
      description: 'read so much of it, what was not read for the longest first',
      helpValue: 'P%|SIZE',
    }),
    drill: Flags.boolean({
      description: 'bring all of it back to a scratch directory, open it, and read it',
    }),
    scratch: Flags.string({
      description: 'the directory for --drill [default: beside the state of the client]',
      helpValue: 'DIR',
      dependsOn: ['drill'],
    }),
    repair: Flags.boolean({
      description: 'send again what is damaged there and sound here',
      exclusive: ['generation', 'at'],
    }),
    bwlimit: Flags.string({ description: "limit the bandwidth, as rclone's --bwlimit", helpValue: 'RATE' }),
    wait: waitFlag,
    progress: progressFlag,
    ...passwordFlags,
    ...keyFlags,
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Verify);
    const context = this.contextFor(flags);
    const manner = this.mannerFor(flags);
    if (flags.bwlimit !== undefined) verifyBandwidthLimit(flags.bwlimit);
    const depth: Depth =
      flags.sample !== undefined
        ? { kind: 'sample', ...sampleOf('--sample', flags.sample) }
        : { kind: flags.deep ? 'deep' : 'quick' };
    const request = {
      generation: flags.generation,
      at: flags.at === undefined ? undefined : timeOf('--at', flags.at),
      depth,
      drill: flags.drill,
      scratch: flags.scratch === undefined ? undefined : resolve(flags.scratch),
      repair: flags.repair,
      bandwidthLimit: flags.bwlimit,
      password: passwordProvider(context, flags, manner, false),
      encryptionKey: keyProvider(context, flags, manner),
      wait: waitOf(flags.wait),
    };
    const layouts = selectProfiles(context, selectionOf(flags, this.defaultClient));
    const verifyOne = (layout: ProfileLayout): Promise<VerifyResult[]> => {
      const about = { operation: 'verify', client: layout.client, profile: layout.profile } as const;
      const progress = transferProgress(`Checking ${nameOf(layout)}`, manner, about);
      return verifyProfile(context, { ...request, layout, ...progress });
    };
    const results = await forEachClient(layouts, context.signal, verifyOne, 1);
    const document = verifiesDocument(results);
    showVerifies(document, flags.verbose, this.reporter());
    return this.reporter().finish(document);
  }
}
