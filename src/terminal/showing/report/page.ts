/**
 * The fleet on one page, for who looks at it: no script, nothing from elsewhere, and a policy that forbids both. Names,
 * places and messages may be anybody's, so whatever is not written here goes through `escaped`.
 */
import { createHash } from 'node:crypto';
import type { FleetReport, VaultReport } from '../../../operations/history/fleet.ts';
import { escapedText as escaped } from '../html.ts';
import { formatBytes } from '../style.ts';
import { formatTook } from './history-table.ts';
import { barsOf, lineOf, stripOf } from './plots.ts';
import { buckets } from './sparkline.ts';
import { styleSheet } from './style-sheet.ts';
import { tenantsOf } from './tenants.ts';
import { isFine, sentenceOf, shortNameOf, stateOf, successOf, verifiedOf } from './words.ts';

/** Days in a strip, and points of a line. */
const stripDays = 60;
const linePoints = 52;
/** Vaults that are told of above the table; the table has all. */
const mostCards = 60;

export function reportPage(fleet: FleetReport): string {
  const { counts, vaults, at } = fleet;
  const needy = vaults.filter(({ isNeedy }) => isNeedy);
  const sentence = sentenceOf(counts);
  const hash = createHash('sha256').update(styleSheet).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${escaped(sentence)} cryptosync</title>
<link rel="icon" href="${iconOf(!isFine(counts))}">
<style>${styleSheet}</style>
</head>
<body class="${isFine(counts) ? 'fine' : 'needy'}">
<header>
<p class="n">cryptosync</p>
<h1>${escaped(sentence)}</h1>
<p class="soft">As it was on <time datetime="${escaped(at)}">${escaped(inUtc(at))}</time>. A last success may be ${escaped(fleet.limit)} old.</p>
${figuresOf(fleet)}
</header>
<main>
${fleetPlots(fleet)}
${needy.length === 0 ? '' : needsOf(needy, at)}
${tableOf(fleet, needy.length)}
${tenantsOf(fleet)}
</main>
<footer>
<p>Days are those of UTC. Low bar: a sync ended well that day. High bar: some ended, none of them well. No bar: none ended.
Lines begin at zero; size is what the sources held, time the longest good sync of a day, and of several days the greatest
counts. Clients below <span class="bdi">${escaped(fleet.root)}</span>, by cryptosync ${escaped(fleet.version)}.</p>
</footer>
</body>
</html>
`;
}

function figuresOf({ counts }: FleetReport): string {
  const figure = (name: string, value: number | string, isBad = false): string =>
    `<div${isBad ? ' class="bad"' : ''}><dt>${name}</dt><dd>${value}</dd></div>`;
  return `<dl class="f">${[
    figure('in order', counts.vaults - counts.needy),
    figure(counts.needy === 1 ? 'needs you' : 'need you', counts.needy, counts.needy > 0),
    figure('overdue', counts.overdue, counts.overdue > 0),
    figure('damaged', counts.damaged, counts.damaged > 0),
    figure('never verified', counts.unverified),
    figure('held in all', formatBytes(counts.heldBytes)),
  ].join('')}</dl>`;
}

/** The syncs of all by days, and how much there is. */
function fleetPlots({ vaults, days, at }: FleetReport): string {
  if (vaults.length === 0) return '';
  const shown = Math.min(stripDays, days);
  const columns = Array.from({ length: shown }, (_value, index): [number, number] => {
    const day = days - shown + index;
    const amount = (mark: string): number =>
      vaults.filter(({ history }) => history.outcomes[day] === mark).length;
    return [amount('g'), amount('b')];
  });
  const failed = columns.reduce((sum, [, bad]) => sum + bad, 0);
  const held = heldByDays(vaults, days);
  const known = held.filter((value) => value !== null);
  const last = known.at(-1);
  const size =
    last === undefined
      ? 'No sync has told yet.'
      : `From ${formatBytes(known[0] ?? 0)} to ${formatBytes(last)} in ${days} days.`;
  // a day with a good sync is a good one, whatever else failed on it
  const failures =
    failed === 0
      ? 'No vault failed all day'
      : failed === 1
        ? 'One vault failed all day, once,'
        : `Vaults failed all day ${failed} times`;
  return `<div class="pair">
<section class="card"><h2>Vaults that were synced, by days</h2><p class="soft">${failures} in ${shown} days.</p>
${barsOf(columns, `Synced vaults by days. ${failures} in ${shown} days.`)}
<p class="ends"><span>${dayBefore(at, shown - 1)}</span><span>today</span></p></section>
<section class="card"><h2>Size of all sources</h2><p class="soft">${size}</p>
${lineOf(buckets(held, linePoints * 2), `Size of all sources. ${size}`, 400)}
<p class="ends"><span>${dayBefore(at, days - 1)}</span><span>today</span></p></section>
</div>`;
}

/** Of a day on which a vault says nothing, the day before counts. */
function heldByDays(vaults: readonly VaultReport[], days: number): (number | null)[] {
  const sums: (number | null)[] = new Array(days).fill(null);
  for (const { history } of vaults) {
    let last: number | null = null;
    for (let day = 0; day < days; day += 1) {
      last = history.held[day] ?? last;
      if (last !== null) sums[day] = (sums[day] ?? 0) + last;
    }
  }
  return sums;
}

function needsOf(needy: readonly VaultReport[], at: string): string {
  const cards = needy.slice(0, mostCards).map((vault) => {
    const state = stateOf(vault);
    const isTold = vault.status.age?.isOverdue === true;
    const success = isTold ? '' : ` <span class="soft">last success ${successOf(vault, at)}</span>`;
    const reasons = vault.reasons.map((reason) => `<p>${escaped(capitalized(reason))}</p>`).join('');
    return `<li class="card${state === 'warning' ? ' warning' : ''}"><h3>${escaped(shortNameOf(vault))}</h3>
<p><span class="state needy${state === 'warning' ? ' warning' : ''}">${state}</span>${success}</p>${reasons}${stripOf(vault.history.outcomes.slice(-stripDays))}</li>`;
  });
  const rest = needy.length - cards.length;
  const more = rest > 0 ? `<p class="soft">And ${rest} more: see the table.</p>` : '';
  return `<section aria-labelledby="needs"><h2 id="needs">Needs attention</h2><ul class="needs">${cards.join('\n')}</ul>${more}</section>`;
}

function tableOf({ vaults, at, days }: FleetReport, needy: number): string {
  if (vaults.length === 0) return '';
  const shown = Math.min(stripDays, days);
  const headings = ['Vault', 'State', 'Last success', 'Verified', `Last ${shown} days`, 'Size', 'Time taken'];
  const choice =
    needy === 0 || needy === vaults.length
      ? ''
      : '<label class="only"><input type="checkbox"> Only those that need you</label>';
  return `<section aria-labelledby="all"><h2 id="all">All vaults</h2>
${choice}
<table role="table" aria-labelledby="all"><thead role="rowgroup"><tr role="row">${headings.map((heading) => `<th role="columnheader" scope="col">${heading}</th>`).join('')}</tr></thead>
<tbody role="rowgroup">
${vaults.map((vault) => rowOf(vault, at)).join('\n')}
</tbody></table></section>`;
}

function rowOf(vault: VaultReport, at: string): string {
  const { isNeedy, history, status, heldBytes, took } = vault;
  const state = stateOf(vault);
  const mood = isNeedy ? ` needy${state === 'warning' ? ' warning' : ''}` : '';
  const cells = [
    `<span class="state${mood}">${state}</span>`,
    timed(status.lastSuccess, successOf(vault, at)),
    timed(status.lastVerification?.at ?? null, verifiedOf(vault, at)),
    stripOf(history.outcomes.slice(-stripDays)),
    figured(heldBytes, history.held, formatBytes, 'Size'),
    figured(took, history.took, formatTook, 'Time'),
  ];
  return `<tr role=row${isNeedy ? '' : ' class=ok'}><th role=rowheader scope=row>${escaped(shortNameOf(vault))}</th>${cells.map((cell) => `<td role=cell>${cell}</td>`).join('')}</tr>`;
}

function timed(time: string | null, words: string): string {
  return time === null ? escaped(words) : `<time datetime="${escaped(time)}">${escaped(words)}</time>`;
}

function figured(
  last: number | null,
  values: readonly (number | null)[],
  inUnits: (value: number) => string,
  name: string,
): string {
  if (last === null) return 'not told';
  const known = values.filter((value) => value !== null);
  const words = `${name} from ${inUnits(Math.min(...known))} to ${inUnits(Math.max(...known))}`;
  return `${inUnits(last)}${lineOf(buckets(values, linePoints), words)}`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `26 November 2026, 19:03 UTC`. */
function inUtc(time: string): string {
  const date = new Date(time);
  const day = date.toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
  return `${day}, ${time.slice(11, 16)} UTC`;
}

function dayBefore(time: string, days: number): string {
  return new Date(Date.parse(time) - days * 86_400_000).toISOString().slice(0, 10);
}

/** A tab tells from afar. */
function iconOf(isNeedy: boolean): string {
  const shape = isNeedy
    ? "%3Crect width='14' height='14' x='1' y='1' rx='3' fill='%23c93a30'/%3E"
    : "%3Ccircle cx='8' cy='8' r='7' fill='%2327925c'/%3E";
  return `data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E${shape}%3C/svg%3E`;
}
