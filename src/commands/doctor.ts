import { resolve } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { defaultBinDirectory } from '../clients/scripts.ts';
import { examine } from '../operations/doctor/diagnose.ts';
import { CryptosyncCommand, durationOf } from '../terminal/base-command.ts';
import { selectionFlags } from '../terminal/flags.ts';
import { describeCommand } from '../terminal/help.ts';
import { programOf } from '../terminal/program.ts';
import { selectionOf } from '../terminal/selection.ts';
import { showHealth, wordedHealth } from '../terminal/showing/doctor-report.ts';

export default class Doctor extends CryptosyncCommand {
  static override summary = 'Find what is wrong with this machine and with clients, and mend what is safe';
  static override description = describeCommand(
    `Looks at tools, FUSE, modes and owners, loose secrets, mounts, locks, scripts, links, disks, remotes and clocks,
and changes nothing. Each finding says what it is, why it matters, and what mends it. --fix does the safe repairs
and looks again. Without a client of the name, the machine alone is looked at.`,
    `0 no error (there may be warnings), 2 usage, 10 configuration, 16 errors were found, or with --strict
warnings, 130 interrupted`,
    'RCLONE_CONFIG_PASS',
  );
  static override examples = [
    '<%= config.bin %> doctor --all',
    '<%= config.bin %> doctor --client client1 --fix',
    '<%= config.bin %> doctor --all --no-check-remote --strict --quiet',
  ];
  static override flags = {
    ...selectionFlags,
    fix: Flags.boolean({ description: 'do the safe repairs, and say what was done' }),
    'check-remote': Flags.boolean({
      default: true,
      allowNo: true,
      description: 'ask the remotes, each for 20 s at most',
    }),
    'max-age': Flags.string({
      default: '7d',
      description: 'how old the last successful sync may be',
      helpValue: 'DURATION',
    }),
    strict: Flags.boolean({ description: 'let warnings count for the exit code' }),
    'bin-dir': Flags.string({ description: 'where links to the scripts stand', helpValue: 'PATH' }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Doctor);
    const context = this.contextFor(flags);
    const result = await examine(context, {
      selection: selectionOf(flags, this.defaultClient),
      isNamed: flags.client !== undefined || flags.all,
      program: programOf(this.config),
      checkRemote: flags['check-remote'],
      maxAge: durationOf('--max-age', flags['max-age']),
      binDirectory:
        flags['bin-dir'] === undefined
          ? defaultBinDirectory(context.environment, context.userId)
          : resolve(flags['bin-dir']),
      logFile: flags['log-file'],
      fix: flags.fix,
      strict: flags.strict,
    });
    showHealth(result, flags.quiet, this.reporter());
    return this.reporter().finish(wordedHealth(result));
  }
}
