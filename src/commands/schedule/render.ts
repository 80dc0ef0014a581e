import * as Flags from '@oclif/core/flags';
import type * as Interfaces from '@oclif/core/interfaces';
import { profileLayout } from '../../clients/layout.ts';
import { parseClientId, parseProfileName } from '../../clients/names.ts';
import type { Context } from '../../operations/context.ts';
import { renderManifests, renderServer } from '../../operations/schedule/manifests.ts';
import { renderSchedule } from '../../operations/schedule/render.ts';
import type { HostSystem } from '../../schedules/job.ts';
import { type CommonFlags, CryptosyncCommand } from '../../terminal/base-command.ts';
import { clientFlag, profileFlag } from '../../terminal/flags.ts';
import { describeCommand } from '../../terminal/help.ts';
import { programOf } from '../../terminal/program.ts';
import { chosenFiles, timeFlags, timesOf, wayFlags, wayOf } from '../../terminal/schedule-flags.ts';
import { fileLines } from '../../terminal/showing/schedule/report.ts';

export default class ScheduleRender extends CryptosyncCommand {
  static override summary = 'Print what a schedule comes to, and write nothing';
  static override description = describeCommand(
    `The units or lines that schedule add would write with the same flags, for a machine that is set up by other means. For
kubernetes a CronJob each and a NetworkPolicy, for a client whose ciphertext lies on a volume; with --serve a server of sessions.`,
    '0 printed, 2 usage, 10 configuration, 12 a job would have to ask for a password or key',
  );
  static override examples = [
    "<%= config.bin %> schedule render --client client1 --sync '02:30' --using systemd",
    '<%= config.bin %> schedule render --client client1 --sync daily --using kubernetes',
    '<%= config.bin %> schedule render --serve --workload site --using kubernetes',
  ];
  static override flags = {
    client: clientFlag,
    profile: profileFlag,
    ...timeFlags,
    using: Flags.option({ options: ['systemd', 'cron', 'kubernetes'] as const })({
      description: 'for what it is printed [default: the one that runs here]',
    }),
    ...wayFlags,
    image: Flags.string({
      description: 'the image that has cryptosync and rclone [default: cryptosync and this version]',
      helpGroup: 'KUBERNETES',
      helpValue: 'IMAGE',
    }),
    claim: Flags.string({
      default: 'cryptosync-clients',
      description: 'the claim of the volume with the directory of all clients',
      helpGroup: 'KUBERNETES',
      helpValue: 'NAME',
    }),
    serve: Flags.boolean({ description: 'a server of sessions', helpGroup: 'KUBERNETES' }),
    workload: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'with --serve: a workload that it has; can be given several times',
      helpGroup: 'KUBERNETES',
      helpValue: 'ID',
      dependsOn: ['serve'],
    }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(ScheduleRender);
    const context = this.contextFor(flags);
    const { using } = flags;
    // what was asked for is printed with --quiet, too
    if (using === 'kubernetes') {
      const document = await this.#manifests(context, flags);
      this.log(document.yaml.trimEnd());
      return document;
    }
    const document = await this.#files(context, flags, using);
    for (const line of fileLines(document.files)) this.log(line);
    return document;
  }

  #manifests(context: Context, flags: RenderFlags) {
    const image = flags.image ?? `cryptosync:${this.config.version}`;
    if (flags.serve) return renderServer(image, flags.workload ?? []);
    const { jitter } = wayOf(flags, context.userId);
    return renderManifests(context, {
      layout: this.#layoutOf(context, flags),
      times: timesOf(flags),
      jitter,
      image,
      claim: flags.claim,
    });
  }

  #files(context: Context, flags: RenderFlags, using: HostSystem | undefined) {
    return renderSchedule(context, {
      layout: this.#layoutOf(context, flags),
      times: timesOf(flags),
      using,
      ...wayOf(flags, context.userId),
      program: programOf(this.config),
      ...chosenFiles(flags['log-file'], context.environment),
      wait: 0,
    });
  }

  #layoutOf(context: Context, flags: RenderFlags) {
    const client = parseClientId(flags.client ?? this.defaultClient);
    return profileLayout(context.root, client, parseProfileName(flags.profile ?? 'default'));
  }
}

type RenderFlags = Interfaces.InferredFlags<typeof ScheduleRender.flags> & CommonFlags;
