/** Threads that look at a tree and do not come to the end of it; which of them it is stands in the name of the root. */
import { workerData } from 'node:worker_threads';
import { seenBelow } from '../../src/sync/tree/scan.ts';
import { packed } from '../../src/sync/tree/threaded/batch.ts';
import { begun, ended, given, type ThreadData } from '../../src/sync/tree/threaded/line.ts';

const { root, counts, port } = workerData as ThreadData;
const line = new Int32Array(counts);
const amount = Number(/after-(\d+)$/.exec(root)?.[1]);

if (!root.includes('never-begins')) {
  Atomics.store(line, begun, 1);
  const batch = packed([...seenBelow(root, undefined)].slice(0, amount));
  port.postMessage(batch);
  Atomics.add(line, given, 1);
  Atomics.store(line, ended, 2);
  Atomics.add(line, given, 1);
  Atomics.notify(line, given);
}
