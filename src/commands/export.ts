import { resolve } from 'node:path';
import { isatty } from 'node:tty';
import * as Flags from '@oclif/core/flags';
import { parseClientId } from '../clients/names.ts';
import { exportClient } from '../operations/moving/export.ts';
import { CryptosyncError } from '../system/errors.ts';
import { lockFor } from '../terminal/asking/passphrases.ts';
import { CryptosyncCommand, waitOf } from '../terminal/base-command.ts';
import { clientFlag, passphraseFlags, progressFlag, waitFlag } from '../terminal/flags.ts';
import { describeCommand } from '../terminal/help.ts';
import { exportLines } from '../terminal/showing/moving-report.ts';
import { pageText } from '../terminal/showing/recovery/page.ts';
import { transferProgress } from '../terminal/showing/sync-report.ts';
import { writeBytes } from '../terminal/streams.ts';

export default class Export extends CryptosyncCommand {
  static override summary = 'Put what a client is made of into one encrypted file';
  static override description = describeCommand(
    `Profiles, rclone.conf, summary, the engines' configuration and what a stranger must know; with --with-vault the
ciphertext as well, for which nothing may be mounted. The file is encrypted by age's format to a passphrase or to
recipients: cryptosync import brings it in, and age -d FILE | tar -x opens it without this program. Nothing is
written over, and nothing of it lies on a disk unencrypted.`,
    '0 exported, 2 usage, 10 configuration, 12 passphrase, 14 disk full, 15 the vault is not as it should be, 75 mounted or in use',
    'CRYPTOSYNC_PASSPHRASE',
  );
  static override examples = [
    '<%= config.bin %> export --client client1 --output /mnt/stick/client1.age',
    '<%= config.bin %> export --client client1 --with-vault --recipient age1… --output client1.age',
    '<%= config.bin %> export --client client1 --recipient age1… --output - | ssh backup "cat > client1.age"',
  ];
  static override flags = {
    client: clientFlag,
    output: Flags.string({
      char: 'o',
      required: true,
      description: 'the file to make, which must not be there, or stdout (-)',
      helpValue: 'FILE',
    }),
    'with-vault': Flags.boolean({ description: "the vaults' ciphertext as well" }),
    recipient: Flags.string({
      char: 'r',
      multiple: true,
      multipleNonGreedy: true,
      description: "encrypt to this recipient of age's instead of a passphrase; can be given several times",
      helpValue: 'age1…',
    }),
    ...passphraseFlags,
    wait: waitFlag,
    progress: progressFlag,
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Export);
    const context = this.contextFor(flags);
    const manner = this.mannerFor(flags);
    const client = parseClientId(flags.client ?? this.defaultClient);
    const toStdout = flags.output === '-';
    if (toStdout) verifyStdout(this.jsonEnabled());
    const result = await exportClient(context, {
      client,
      ...(toStdout
        ? { output: 'stdout', write: (part: Uint8Array) => writeBytes(part, this.signal) }
        : { output: resolve(flags.output) }),
      lock: await lockFor(context, flags, manner),
      withVault: flags['with-vault'],
      page: pageText,
      wait: waitOf(flags.wait),
      ...transferProgress(`Exporting ${client}`, manner, { operation: 'export', client, profile: null }),
    });
    for (const line of exportLines(result)) {
      if (!toStdout) this.say(line);
      else if (manner.isTalkative) process.stderr.write(`${line}\n`);
    }
    return result;
  }
}

/** @throws USAGE where the file would go to people, or into a document */
function verifyStdout(isJson: boolean): void {
  if (!isJson && !isatty(1)) return;
  const why = isJson ? 'with --json stdout has the document' : 'stdout is a terminal';
  throw new CryptosyncError('USAGE', `${why}, and not room for the file`, {
    advice: { to: 'choose-new-file' },
  });
}
