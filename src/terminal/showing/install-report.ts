/** What install shows: its plan in a dry run, and its result. */
import { nameOf } from '../../clients/layout.ts';
import type { Context } from '../../operations/context.ts';
import type { InstallResult } from '../../operations/install/execute.ts';
import type { InstallPlan } from '../../operations/install/plan.ts';
import type { InstallRequest } from '../../operations/install/request.ts';
import { count, onLines } from './style.ts';

export function planLines(plan: InstallPlan): string[] {
  return [
    ...plan.notes,
    ...plan.steps.map(({ title, needed }) => `${needed ? 'would: ' : 'as is: '}${title}`),
    'Nothing was changed.',
  ];
}

export function resultLines(
  context: Context,
  { layout, binDirectory: links }: InstallRequest,
  result: InstallResult,
): string[] {
  const call = (action: string): string =>
    links === undefined || !isOnPath(context, links)
      ? `cryptosync ${action} --client ${layout.client}${layout.profile === 'default' ? '' : ` --profile ${layout.profile}`}`
      : layout.linkNames[action as 'mount'];
  const { remote } = result;
  return [
    ...result.notes.map((note) => `${nameOf(layout)}: ${note}`),
    `${nameOf(layout)} is set up: ${result.created.length === 0 ? 'nothing was missing' : `${count(result.created.length, 'path')} made or changed`}.`,
    `  vault   ${result.encryptedDir} (${result.engine})`,
    `  mount   ${result.mountDir}${result.mounted ? ' (mounted)' : `: ${call('mount')}`}`,
    remote?.type == null
      ? '  remote  none yet: run install again with --remote-type'
      : `  remote  ${remote.name}:${remote.path} (${remote.type})${result.synced ? ', synced' : `: ${call('sync')}`}`,
  ].map((line) => onLines(line, process.stdout, 10));
}

function isOnPath({ environment }: Context, directory: string): boolean {
  return (environment['PATH'] ?? '').split(':').includes(directory);
}
