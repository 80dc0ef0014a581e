/** The state of vaults in the words of Prometheus: times in seconds since 1970, and nothing where nothing is known. */
import { isSuccess } from '../../runs/last-sync.ts';
import { exitOfCode } from '../../runs/observer.ts';
import type { Health, VaultStatus } from '../status/status.ts';
import { familyText, labelsText, type Sample } from './text.ts';

interface Family {
  readonly name: string;
  readonly help: string;
  /** Undefined where it is not known. */
  value(vault: VaultStatus): number | undefined;
}

/** One value a profile each. */
export const families: readonly Family[] = [
  {
    name: 'cryptosync_last_success_timestamp_seconds',
    help: 'When the last successful sync of all places of a profile ended; of several the oldest',
    value: ({ lastSuccess }) => secondsAt(lastSuccess),
  },
  {
    name: 'cryptosync_last_run_timestamp_seconds',
    help: 'When the last sync ended, or began when it never did',
    value: ({ lastSync }) => secondsAt(lastSync?.at),
  },
  {
    name: 'cryptosync_last_run_duration_seconds',
    help: 'How long the last sync took',
    value: ({ lastSync }) => lastSync?.durationMs && lastSync.durationMs / 1000,
  },
  {
    name: 'cryptosync_last_run_bytes',
    help: 'Bytes that the last sync transferred',
    value: ({ lastSync }) => lastSync?.bytesTransferred,
  },
  {
    name: 'cryptosync_last_run_files',
    help: 'Files that the last sync transferred',
    value: ({ lastSync }) => lastSync?.filesTransferred,
  },
  {
    name: 'cryptosync_last_run_deleted_files',
    help: 'Files that the last sync deleted',
    value: ({ lastSync }) => lastSync?.deleted,
  },
  {
    name: 'cryptosync_last_exit_code',
    help: 'What the last sync exited with: 0 done, 15 refused, 75 to be tried later, 130 interrupted',
    value: exitCodeOf,
  },
  {
    name: 'cryptosync_generation',
    help: 'The generation that the last sync left',
    value: ({ lastSync }) => lastSync?.generation,
  },
  {
    name: 'cryptosync_last_verification_timestamp_seconds',
    help: 'When the remote was last checked, whatever was found',
    value: ({ lastVerification }) => secondsAt(lastVerification?.at),
  },
  {
    name: 'cryptosync_last_verified_timestamp_seconds',
    help: 'When the remote was last checked, if that found it whole',
    value: ({ lastVerification }) =>
      lastVerification?.outcome === 'verified' ? secondsAt(lastVerification.at) : undefined,
  },
  {
    name: 'cryptosync_last_verification_damaged_files',
    help: 'Damages that the last check found and did not repair',
    value: ({ lastVerification }) => lastVerification?.damaged,
  },
  {
    name: 'cryptosync_mounted',
    help: '1 while the vault is mounted',
    value: ({ state }) => (state === 'unknown' ? undefined : Number(state === 'mounted')),
  },
];

/** A family with one value for each health that there is, 1 for the one that a profile has. */
export const healthFamily = {
  name: 'cryptosync_health',
  help: '1 for the health that a profile is in',
} as const;

/** What a profile is: a value of 1, and labels. */
export const infoFamily = {
  name: 'cryptosync_profile_info',
  help: 'What a profile is: its engine and remote',
} as const;

const healths: readonly Health[] = ['healthy', 'unmounted', 'warning', 'needs setup', 'error'];

/** @returns the text that the textfile collector reads. */
export function metricsText(vaults: readonly VaultStatus[]): string {
  // each vault's labels are written once, and stand in all of its lines
  const known = vaults.map((vault) => {
    const { client, profile, engine, remote } = vault;
    const labels = labelsText({ client, profile });
    const facts = { engine: engine ?? '', remote: remote?.name ?? '', type: remote?.type ?? '' };
    return { vault, labels, info: `${labels},${labelsText(facts)}` };
  });
  return [
    ...families.map((family) =>
      familyText(
        family,
        known.map(({ vault, labels }) => [labels, family.value(vault)]),
      ),
    ),
    familyText(
      healthFamily,
      known.flatMap(({ vault, labels }) =>
        healths.map((health): Sample => [`${labels},health="${health}"`, Number(vault.health === health)]),
      ),
    ),
    familyText(
      infoFamily,
      known.map(({ info }) => [info, 1]),
    ),
  ].join('');
}

function secondsAt(time: string | null | undefined): number | undefined {
  const at = time == null ? Number.NaN : Date.parse(time);
  return Number.isNaN(at) ? undefined : at / 1000;
}

function exitCodeOf({ lastSync }: VaultStatus): number | undefined {
  if (lastSync === null || lastSync.outcome === 'unfinished') return undefined;
  // of 0.1 some have no code
  if (lastSync.error === undefined) return isSuccess(lastSync.outcome) ? 0 : 1;
  return exitOfCode(lastSync.error) ?? 1;
}
