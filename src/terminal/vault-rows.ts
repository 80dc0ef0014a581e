/** What mount and unmount report: one row a profile, with the state that the kernel tells also after a failure. */
import type { Context } from '../operations/context.ts';
import type { MountResult } from '../operations/mount.ts';
import { nameOf } from '../operations/recorded.ts';
import { readStatus } from '../operations/status.ts';
import type { TargetResult } from '../operations/targets.ts';
import type { UnmountResult } from '../operations/unmount.ts';
import type { Reporter } from './base-command.ts';
import { overallError, toDocument } from './results.ts';
import { count, printable } from './style.ts';

export async function reportVaults(
  context: Context,
  results: readonly TargetResult<MountResult | UnmountResult>[],
  reporter: Reporter,
): Promise<object> {
  const rows = [];
  for (const { layout, result, error } of results) {
    const names = { client: layout.client, profile: layout.profile };
    if (result !== undefined) {
      reporter.say(`${nameOf(layout)}: ${describe(result)}`);
      rows.push({ ...names, ...result });
      continue;
    }
    const [status] = await readStatus(context, { layouts: [layout], checkRemote: false });
    rows.push({
      ...names,
      state: status?.state ?? 'unknown',
      mountDir: status?.mountDir ?? null,
      changed: false,
      ...(error === undefined ? {} : { error: error.toReport() }),
    });
    if (error !== undefined) reporter.tell(error, nameOf(layout));
  }
  if (results.length === 0) reporter.say('There are no clients.');
  const error = overallError(results.map((result) => result.error));
  if (error?.code === 'PARTIAL') reporter.say(`${count(results.length, 'vault')}: ${error.message}.`);
  return reporter.finish(toDocument(rows, error), error);
}

function describe(result: MountResult | UnmountResult): string {
  const place = printable(result.mountDir);
  if (result.state === 'unmounted') return result.changed ? `unmounted from ${place}` : 'was not mounted';
  const mode = result.readOnly ? ', to read only' : '';
  return result.changed ? `mounted at ${place}${mode}` : `is mounted at ${place} already${mode}`;
}
