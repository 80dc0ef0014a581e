import { resolve } from 'node:path';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { importClient } from '../operations/moving/import.ts';
import { binDirectory } from '../terminal/asking/install-request.ts';
import { keyFor } from '../terminal/asking/passphrases.ts';
import { passwordProvider } from '../terminal/asking/passwords.ts';
import { CryptosyncCommand, waitOf } from '../terminal/base-command.ts';
import { linkFlags, passphraseFlags, passwordFlags, progressFlag, waitFlag } from '../terminal/flags.ts';
import { describeCommand, passwordVariables } from '../terminal/help.ts';
import { programOf } from '../terminal/program.ts';
import { importLines } from '../terminal/showing/moving-report.ts';
import { transferProgress } from '../terminal/showing/sync-report.ts';

export default class Import extends CryptosyncCommand {
  static override summary = 'Bring an exported client in, and mount it';
  static override description = describeCommand(
    `Its paths become those of the root in force. A client that is here is never written over. It is made aside and put
in its place in one step: after an interruption the same command does the rest. Vaults that came along are mounted at
the end; for one that did not, it says how to bring it back from the remote.`,
    `0 brought in, 2 usage, 10 configuration or here already, 11 a tool or FUSE is missing, 12 passphrase or password,
13 mount, 14 disk full, 15 not the right vault, 16 the file is damaged or forged, 75 another import is at work`,
    'CRYPTOSYNC_PASSPHRASE',
    ...passwordVariables,
  );
  static override examples = [
    '<%= config.bin %> import /mnt/stick/client1.age',
    '<%= config.bin %> import client1.age --identity key.txt --password-file client1.pw',
  ];
  static override args = {
    file: Args.string({ required: true, ignoreStdin: true, description: 'what cryptosync export made' }),
  };
  static override flags = {
    identity: Flags.string({
      char: 'i',
      description: "a file with identities of age's, or stdin (-), for an export to a recipient",
      helpValue: 'PATH',
    }),
    ...passphraseFlags,
    ...passwordFlags,
    mount: Flags.boolean({ default: true, allowNo: true, description: 'mount the vaults that came along' }),
    'accept-commands': Flags.boolean({
      description:
        'take along programs that profiles or rclone.conf run, and syncs of directories outside of the tree',
    }),
    ...linkFlags,
    wait: waitFlag,
    progress: progressFlag,
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(Import);
    const context = this.contextFor(flags);
    const manner = this.mannerFor(flags);
    const file = resolve(args.file);
    const result = await importClient(context, {
      file,
      key: keyFor(context, flags, manner),
      password: passwordProvider(context, flags, manner, false),
      mount: flags.mount,
      acceptCommands: flags['accept-commands'],
      binDirectory: binDirectory(context, flags),
      program: programOf(this.config),
      wait: waitOf(flags.wait),
      ...transferProgress(`Bringing ${args.file} in`, manner, {
        operation: 'import',
        client: null,
        profile: null,
      }),
    });
    for (const line of importLines(result)) this.say(line);
    if (result.error !== undefined) this.reporter().tell(result.error, result.client);
    return this.reporter().finish(result);
  }
}
