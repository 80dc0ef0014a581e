/** Claimed tenants on the page: those whose server has ended first, with what that means. */
import { type FleetReport, isInterrupted } from '../../../operations/history/fleet.ts';
import { escapedText } from '../html.ts';
import { interruptionOf } from '../status-table.ts';
import { ageAt } from './words.ts';

export function tenantsOf({ sessions, at }: FleetReport): string {
  if (sessions.length === 0) return '';
  const cards = sessions.map((session) => {
    const { tenantId, state, workloadId, claimedAt, lastSuccess } = session;
    const isCutOff = isInterrupted(session);
    const facts = [
      ...(workloadId === null ? [] : [`workload ${workloadId}`]),
      ...(claimedAt === null ? [] : [`claimed ${ageAt(claimedAt, at)}`]),
      lastSuccess === null ? 'never sent' : `last sent ${ageAt(lastSuccess, at)}`,
    ].join(', ');
    return `<li class="card ${isCutOff ? 'warning' : 'fine'}"><h3>${escapedText(tenantId)}</h3>
<p><span class="state${isCutOff ? ' needy warning' : ''}">${state}</span> <span class="soft">${escapedText(facts)}</span></p>${isCutOff ? `<p>${escapedText(interruptionOf(session))}</p>` : ''}</li>`;
  });
  return `<section aria-labelledby="tenants"><h2 id="tenants">Claimed tenants</h2><ul class="needs">${cards.join('\n')}</ul></section>`;
}
