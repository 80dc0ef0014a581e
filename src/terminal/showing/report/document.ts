/** A report as `--json` prints it. */
import type { FleetReport } from '../../../operations/history/fleet.ts';
import { reportOf } from '../../advice/index.ts';
import { stateOf } from './words.ts';

export function documentOf({ vaults, ...fleet }: FleetReport): object {
  return {
    ...fleet,
    vaults: vaults.map((vault) => {
      const { client, profile, status, isNeedy, reasons, history, heldBytes, took } = vault;
      const { health, lastSuccess, lastVerification, age, error } = status;
      return {
        ...{
          client,
          profile,
          state: stateOf(vault),
          isNeedy,
          reasons,
          health,
          lastSuccess,
          lastVerification,
        },
        isOverdue: age?.isOverdue ?? null,
        ...{ heldBytes, tookMs: took, days: history },
        ...(error === undefined ? {} : { error: reportOf(error) }),
      };
    }),
  };
}
