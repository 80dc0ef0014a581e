// `npm run bench`: what the tool costs, in medians of paired runs, each against what it is compared with.
//   npm run bench                    all rows; exit 1 when a budget is not met
//   npm run bench -- --write         the same, and puts the figures into docs/performance.md
//   npm run bench -- start mounts    some of: start, completion, mounts, syncs, places, returns, fleet, page, sessions, million
// `million` is measured only when it is named. BENCH_QUICK=1 takes few files: for trying the benchmark itself.

import { makeScratch, removeScratch, type Scratch } from '../scripts/quickstart/scratch.ts';
import { measureCompletion } from './completion.ts';
import { measureFleet } from './fleet.ts';
import { measureMillion } from './million.ts';
import { measureMounts } from './mounts.ts';
import { measurePage } from './page.ts';
import { measurePlaces } from './places.ts';
import { describeMachine, tableOf, writeFigures } from './report.ts';
import { measureReturns } from './returns.ts';
import { isMet, type Row } from './row.ts';
import { measureSessions } from './sessions.ts';
import { measureStart } from './start.ts';
import { measureSyncs } from './syncs.ts';

const parts: Readonly<Record<string, (scratch: Scratch) => Row[]>> = {
  start: measureStart,
  completion: measureCompletion,
  mounts: measureMounts,
  syncs: measureSyncs,
  places: measurePlaces,
  returns: measureReturns,
  fleet: measureFleet,
  page: measurePage,
  sessions: measureSessions,
  million: measureMillion,
};
const onlyWhenNamed = ['million'];

const words = process.argv.slice(2);
const chosen = words.filter((word) => word !== '--write');
const unknown = chosen.filter((word) => !Object.hasOwn(parts, word));
if (unknown.length > 0 || (words.includes('--write') && chosen.length > 0)) {
  console.error(`usage: npm run bench -- [--write | ${Object.keys(parts).join(' | ')}]`);
  process.exit(2);
}

const scratch = makeScratch('bench');
let interrupted = false;
// the programs that are measured run synchronously: what is under way ends first, by the same signal
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupted = true;
  });
}

try {
  console.log(describeMachine());
  const rows: Row[] = [];
  for (const [name, measure] of Object.entries(parts)) {
    if (chosen.length > 0 ? !chosen.includes(name) : onlyWhenNamed.includes(name)) continue;
    console.error(`measuring ${name} …`);
    const measured = measure(scratch);
    // at once: what fails later takes no figures along
    console.log(`\n${tableOf(measured)}\n`);
    rows.push(...measured);
    await new Promise(setImmediate);
    if (interrupted) throw new Error('interrupted');
  }
  if (words.includes('--write')) writeFigures(rows);
  if (!rows.every(isMet)) process.exitCode = 1;
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = interrupted ? 130 : 1;
} finally {
  await removeScratch(scratch.path);
}
