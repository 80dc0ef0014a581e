/** The thread that looks at a tree: it hands over batches of entries until the end, or until nobody takes them. */
import { workerData } from 'node:worker_threads';
import { type Seen, seenBelow } from '../scan.ts';
import { packed } from './batch.ts';
import { batchSize, begun, ended, given, mostWaiting, type ThreadData, taken } from './line.ts';

/** Milliseconds. One who takes nothing for so long has gone. */
const patience = 60_000;

const { root, counts, port } = workerData as ThreadData;
const line = new Int32Array(counts);

/** @returns whether somebody still wants more */
function give(seen: readonly Seen[]): boolean {
  const batch = packed(seen);
  port.postMessage(batch, [batch.numbers.buffer, batch.stamps.buffer]);
  Atomics.add(line, given, 1);
  Atomics.notify(line, given);
  for (;;) {
    const before = Atomics.load(line, taken);
    if (Atomics.load(line, given) - before <= mostWaiting) return true;
    if (Atomics.wait(line, taken, before, patience) === 'timed-out') return false;
  }
}

function giveAll(): void {
  let seen: Seen[] = [];
  for (const one of seenBelow(root, undefined)) {
    seen.push(one);
    if (seen.length < batchSize) continue;
    if (!give(seen)) return;
    seen = [];
  }
  if (seen.length > 0) give(seen);
  Atomics.store(line, ended, 1);
}

Atomics.store(line, begun, 1);
try {
  giveAll();
} catch {
  // whoever takes them looks at the rest alone, and meets what is the matter
  Atomics.store(line, ended, 2);
}
// one that waits for a batch is told that there is none
Atomics.add(line, given, 1);
Atomics.notify(line, given);
