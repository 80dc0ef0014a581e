import * as Flags from '@oclif/core/flags';
import { profileLayout } from '../clients/layout.ts';
import { parseClientId, parseProfileName } from '../clients/names.ts';
import { executeInstall } from '../operations/install/execute.ts';
import { planDocument, planInstall } from '../operations/install/plan.ts';
import { directions, transferModes } from '../remotes/tuning.ts';
import { keyProvider } from '../terminal/asking/encryption-keys.ts';
import { installRequestOf } from '../terminal/asking/install-request.ts';
import { askingAgain, passwordProvider } from '../terminal/asking/passwords.ts';
import { CryptosyncCommand, waitOf } from '../terminal/base-command.ts';
import {
  clientFlag,
  cryptFlags,
  keyFlags,
  passwordFlags,
  profileFlag,
  remoteFlags,
  treeFlags,
  waitFlag,
} from '../terminal/flags.ts';
import { describeCommand, keyVariables, passwordVariables } from '../terminal/help.ts';
import { programOf } from '../terminal/program.ts';
import { planLines, resultLines } from '../terminal/showing/install-report.ts';
import { runTasks } from '../terminal/showing/progress/tasks.ts';
import { engineNames } from '../vaults/engines/engine.ts';

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
  static override rareFlags = [
    'use-cryfs',
    'remote-options',
    'remote-option',
    'allow-outside',
    'plaintext',
    'include',
    'source',
    'mode',
    'direction',
    'bin-dir',
    'links',
    'mount-dir',
    'share-vault',
  ];
  static override flags = {
    client: clientFlag,
    profile: profileFlag,
    ...treeFlags,
    'remote-name': Flags.string({
      description: "name of the remote in the client's rclone.conf [default: default-remote]",
      helpValue: 'NAME',
    }),
    'remote-path': Flags.string({
      description: 'path or bucket on the remote [default: backup]',
      helpValue: 'PATH',
    }),
    ...remoteFlags,
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
    const request = await installRequestOf(context, layout, flags);
    const plan = await planInstall(context, request);
    if (flags['dry-run']) {
      for (const line of planLines(plan)) this.say(line);
      return planDocument(request, plan);
    }
    const program = programOf(this.config);
    const password = passwordProvider(context, flags, manner, plan.vault.action === 'create');
    const inputs = {
      password,
      encryptionKey: keyProvider(context, flags, manner),
      program,
      wait: waitOf(flags.wait),
      runSteps: (steps: Parameters<typeof runTasks>[0]) => runTasks(steps, manner),
    };
    const result = await askingAgain(password, layout, () => executeInstall(context, request, plan, inputs));
    for (const line of resultLines(context, request, result)) this.say(line);
    return result;
  }
}
