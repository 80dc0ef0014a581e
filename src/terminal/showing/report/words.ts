/** What a report says in words, on a page as on a terminal. */
import type { FleetCounts, VaultReport } from '../../../operations/history/fleet.ts';
import { formatAge } from '../../../system/clock.ts';

/** The state of the fleet in one sentence, or two where tenants were cut off. */
export function sentenceOf(counts: FleetCounts): string {
  const { vaults, sessions, interrupted } = counts;
  const ofVaults = vaults === 0 && sessions > 0 ? [] : [vaultSentence(counts)];
  const ofTenants =
    interrupted > 0
      ? [`${ofAmount(interrupted, 'tenant was', 'tenants were')} cut off.`]
      : vaults === 0 && sessions > 0
        ? [`${ofAmount(sessions, 'tenant is', 'tenants are')} claimed.`]
        : [];
  return [...ofVaults, ...ofTenants].join(' ');
}

function vaultSentence({ vaults, needy }: FleetCounts): string {
  if (vaults === 0) return 'There is no vault here.';
  if (needy > 0) return `${needy} of ${vaults} ${needy === 1 ? 'needs' : 'need'} you.`;
  return vaults === 1 ? 'The one vault is in order.' : `All ${vaults} vaults are in order.`;
}

function ofAmount(amount: number, one: string, several: string): string {
  return `${amount} ${amount === 1 ? one : several}`;
}

/** Whether nobody has to do anything. */
export function isFine({ vaults, needy, sessions, interrupted }: FleetCounts): boolean {
  return needy === 0 && interrupted === 0 && vaults + sessions > 0;
}

/** A profile that is called `default` needs no name. */
export function shortNameOf({ client, profile }: VaultReport): string {
  return profile === 'default' ? client : `${client}/${profile}`;
}

/** The state of one vault in a word or two. */
export function stateOf({ status: { health, age, lastVerification } }: VaultReport): string {
  if (lastVerification?.outcome === 'damaged') return 'damaged';
  if (health === 'error' || health === 'needs setup') return health;
  if (age?.isOverdue === true) return 'overdue';
  return health === 'warning' ? 'warning' : 'in order';
}

export function successOf({ status: { lastSuccess } }: VaultReport, at: string): string {
  return lastSuccess === null ? 'never' : ageAt(lastSuccess, at);
}

export function verifiedOf({ status: { lastVerification } }: VaultReport, at: string): string {
  if (lastVerification === null) return 'never';
  const { outcome, how } = lastVerification;
  const found = outcome === 'damaged' ? 'damaged' : outcome === 'unchecked' ? 'could not check' : how;
  return `${ageAt(lastVerification.at, at)}, ${found}`;
}

export function ageAt(time: string, at: string): string {
  const age = Date.parse(at) - Date.parse(time);
  return Number.isNaN(age) ? time : formatAge(age);
}

/** How the last days went: `60 days: 58 good, 1 failed, 1 without a sync`. */
export function daysInWords(outcomes: string): string {
  const amount = (mark: string): number => outcomes.split(mark).length - 1;
  const [good, bad] = [amount('g'), amount('b')];
  const none = outcomes.length - good - bad;
  const parts = [
    `${good} good`,
    ...(bad > 0 ? [`${bad} failed`] : []),
    ...(none > 0 ? [`${none} without a sync`] : []),
  ];
  return `${outcomes.length} days: ${parts.join(', ')}`;
}
