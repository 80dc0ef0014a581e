import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import {
  fileOf,
  mayHoldSecret,
  setInWorkload,
  type WorkloadPlace,
  withoutSecrets,
  writeWorkload,
} from '../../operations/workloads/workloads.ts';
import type { Workload } from '../../sessions/workload/workload.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { waitOf } from '../../terminal/base-command.ts';
import { waitFlag } from '../../terminal/flags.ts';
import { describeCommand } from '../../terminal/help.ts';
import {
  WorkloadCommand,
  type WorkloadFlags,
  workloadArgument,
  workloadsFlag,
} from '../../terminal/workload-command.ts';

export default class WorkloadSet extends WorkloadCommand {
  static override summary = 'Change one value of a workload, or write all of it';
  static override description = describeCommand(
    `The whole workload is checked before it is written. With --from and no key the file is all of the workload, which may
be a new one. A secret of the sink is never given on the command line: --from has it, or stdin. Tenants that are claimed
already keep what they were claimed with.`,
    '0 done, 2 there is no such key, 10 not there, or not valid, 75 in use',
  );
  static override examples = [
    '<%= config.bin %> workload set site policy.interval 5m',
    '<%= config.bin %> workload set site sink.secretAccessKey --from new.secret',
    '<%= config.bin %> workload set site --from site.json',
  ];
  static override args = {
    id: workloadArgument,
    key: Args.string({ ignoreStdin: true, description: 'a key, with dots: policy.interval' }),
    value: Args.string({ ignoreStdin: true, description: 'the value; lists as JSON' }),
  };
  static override flags = {
    from: Flags.string({
      description: 'read the value, or without a key all of the workload, from this file, or stdin (-)',
      helpValue: 'PATH',
    }),
    wait: waitFlag,
    workloads: workloadsFlag,
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(WorkloadSet);
    const place = this.placeOf(flags, args.id);
    const workload = withoutSecrets(await this.#change(place, args, flags));
    const file = fileOf(place);
    this.say(args.key === undefined ? `${file} is written` : `${file}: ${args.key} is set`);
    return { id: args.id, file, workload };
  }

  async #change(
    place: WorkloadPlace,
    { key, value }: { readonly key?: string | undefined; readonly value?: string | undefined },
    flags: WorkloadFlags & { readonly from?: string | undefined; readonly wait?: string | undefined },
  ): Promise<Workload> {
    const context = this.contextFor(flags);
    const wait = waitOf(flags.wait);
    const { from } = flags;
    if ((value === undefined) === (from === undefined)) {
      throw new CryptosyncError('USAGE', 'a value is needed, or a file', { advice: { to: 'give-value' } });
    }
    if (key === undefined)
      return await writeWorkload(context, place, { text: await this.textOf(from ?? '-'), wait });
    if (value !== undefined && mayHoldSecret(place, key)) {
      throw new CryptosyncError('USAGE', `${key} is a secret`, { advice: { to: 'give-secret-by-file' } });
    }
    const text = value ?? (await this.textOf(from ?? '-')).replace(/\r?\n$/, '');
    return await setInWorkload(context, place, { key, text, wait });
  }
}
