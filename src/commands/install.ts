import * as Flags from '@oclif/core/flags';
import { profileLayout } from '../clients/layout.ts';
import { parseClientId, parseProfileName } from '../clients/names.ts';
import { planInstall } from '../operations/install/plan.ts';
import { directions } from '../operations/sync/mapping.ts';
import { transferModes } from '../remotes/transfer.ts';
import { CryptosyncCommand, waitOf } from '../terminal/base-command.ts';
import { clientFlag, cryptFlags, keyFlags, passwordFlags, profileFlag, waitFlag } from '../terminal/flags.ts';
import { describeCommand, keyVariables, passwordVariables } from '../terminal/help.ts';
import { carryOutInstall, installRequestOf, planLines } from '../terminal/install-report.ts';
import { engineNames } from '../vaults/engine.ts';

export default class Install extends CryptosyncCommand {
  static override summary = 'Set a client up: tree, vault, remote, scripts';
  static override description = describeCommand(
    `Can be run again at any time: it finds what is done and does the rest. A vault that is there is never made anew,
whatever the options. Secrets of a remote belong into --remote-options-file, not on the command line.`,
    `0 done, 2 usage, 10 configuration, 11 a tool or FUSE is missing, 12 password, 13 mount, 14 remote or
disk full, 15 not the right vault, 75 in use by another run, 130 interrupted`,
    ...passwordVariables,
    ...keyVariables,
    'RCLONE_CONFIG_PASS',
  );
  static override examples = [
    '<%= config.bin %> install --client client1',
    '<%= config.bin %> install --client client1 --remote-name s3 --remote-type s3 --remote-path bucket/client1 --remote-options-file s3.conf',
    '<%= config.bin %> install --client client1 --from-remote --remote-type sftp --remote-path backup/client1 --remote-options-file sftp.conf',
    '<%= config.bin %> install --client client1 --remote-type local --remote-path /mnt/disk/client1 --initial-sync --auto-mount',
  ];
  static override flags = {
    client: clientFlag,
    profile: profileFlag,
    'mount-dir': Flags.string({ description: 'where the vault is mounted', helpValue: 'PATH' }),
    'remote-name': Flags.string({
      description: "name of the remote in the client's rclone.conf [default: default-remote]",
      helpValue: 'NAME',
    }),
    'remote-type': Flags.string({
      description: 'rclone backend: s3, drive, webdav, sftp, local, …',
      helpValue: 'TYPE',
    }),
    'remote-path': Flags.string({
      description: 'path or bucket on the remote [default: backup]',
      helpValue: 'PATH',
    }),
    'remote-options': Flags.string({
      description: 'options of the backend; a value with a comma is quoted as in CSV',
      helpValue: 'K=V,K=V',
    }),
    'remote-option': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'one option of the backend; can be given several times',
      helpValue: 'K=V',
    }),
    'remote-options-file': Flags.string({
      description: 'options from a file, one key=value a line, or from stdin (-); for secrets',
      helpValue: 'PATH',
    }),
    engine: Flags.option({ options: engineNames })({
      description: 'what encrypts the vault [default: gocryptfs]',
      exclusive: ['use-cryfs'],
    }),
    'use-cryfs': Flags.boolean({ description: 'the same as --engine cryfs' }),
    'share-vault': Flags.string({
      description: 'send the vault of this other profile of the client to a second remote',
      helpValue: 'PROFILE',
    }),
    crypt: Flags.boolean({
      description: 'encrypt all that goes to the remote once more, with a key that is never stored',
      helpGroup: 'ENCRYPTION',
    }),
    ...cryptFlags,
    source: Flags.string({
      description: "sync this directory instead of the vault's ciphertext; needs --crypt or --plaintext",
      helpGroup: 'MAPPING',
      helpValue: 'PATH',
    }),
    direction: Flags.option({ options: directions })({
      description: 'which way it is synced [default: upload]',
      helpGroup: 'MAPPING',
    }),
    mode: Flags.option({ options: transferModes })({
      description: 'sync mirrors, copy deletes nothing [default: sync]',
      helpGroup: 'MAPPING',
    }),
    include: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: "only what matches this pattern of rclone's; can be given several times",
      helpGroup: 'MAPPING',
      helpValue: 'PATTERN',
    }),
    'allow-outside': Flags.boolean({
      description: "the source may lie outside the client's own tree",
      helpGroup: 'MAPPING',
    }),
    plaintext: Flags.boolean({
      description: 'the source may go to the remote unencrypted',
      helpGroup: 'MAPPING',
    }),
    'from-remote': Flags.boolean({
      description: 'bring the vault back from the remote instead of making a new one',
    }),
    'with-deps': Flags.boolean({
      description: 'install missing tools with the package manager of the system',
    }),
    force: Flags.boolean({
      description: 'change the configuration of an installed client; never touches a vault',
    }),
    'initial-sync': Flags.boolean({ description: 'sync afterwards' }),
    'auto-mount': Flags.boolean({ description: 'mount afterwards' }),
    'bin-dir': Flags.string({
      description: 'where the links go [default: /usr/local/bin, or ~/.local/bin]',
      helpValue: 'PATH',
    }),
    links: Flags.boolean({ default: true, allowNo: true, description: 'put links to the scripts on PATH' }),
    'dry-run': Flags.boolean({ description: 'show the steps and change nothing' }),
    wait: waitFlag,
    ...passwordFlags,
    ...keyFlags,
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Install);
    const context = this.contextFor(flags);
    const manner = this.mannerFor(flags);
    const client = parseClientId(flags.client ?? this.defaultClient);
    const layout = profileLayout(context.root, client, parseProfileName(flags.profile ?? 'default'));
    const request = installRequestOf(context, layout, flags);
    const plan = await planInstall(context, request);
    if (flags['dry-run']) {
      for (const line of planLines(plan)) this.say(line);
      return { client, profile: layout.profile, dryRun: true, notes: plan.notes, steps: plan.steps };
    }
    const program = { node: process.execPath, script: `${this.config.root}/bin/run.js` };
    const inputs = { program, wait: waitOf(flags.wait), flags, manner };
    return await carryOutInstall(context, request, plan, inputs, this.reporter());
  }
}
