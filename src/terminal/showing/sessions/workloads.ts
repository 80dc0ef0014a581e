/** What the commands of `workload` show. */
import type { WorkloadVerdict } from '../../../operations/workloads/workloads.ts';
import { printable } from '../style.ts';
import { renderTable } from '../table.ts';

const heading = ['WORKLOAD', 'SINK', 'ENCRYPTION', 'INTERVAL', 'PATHS'];

export function workloadTable(directory: string, verdicts: readonly WorkloadVerdict[]): string {
  if (verdicts.length === 0) return `There is no workload in ${printable(directory)}.`;
  return renderTable([heading, ...verdicts.map(rowOf)]);
}

function rowOf({ id, workload }: WorkloadVerdict): string[] {
  if (workload === undefined) return [id, 'not valid', '-', '-', '-'];
  const { sink, remote, policy, mappings } = workload;
  const where = sink?.type ?? (remote?.from === 'profile' ? `profile ${remote.profile}` : remote?.name);
  const paths = mappings.map(({ path }) => path).join(', ');
  return [id, where ?? '-', policy.encryption, policy.interval ?? '-', paths].map(printable);
}

export function verdictLine({ id, error }: WorkloadVerdict): string {
  return error === undefined ? `${id}: valid` : `${id}: ${printable(error.message)}`;
}
