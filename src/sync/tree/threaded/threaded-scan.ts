/**
 * A look at a large tree by a thread of its own, while this one compares: half of the time of a run without news is the
 * kernel's answers, the other half what is made of them. What the thread can't do, or is silent about, is looked at here.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { comparePaths } from '../../../system/names.ts';
import { findOwnPart } from '../../../system/process/own-part.ts';
import type { StampedEntry } from '../entry.ts';
import { grouped, type ScanOptions, type Seen, scanTree, seenBelow } from '../scan.ts';
import { type Batch, unpacked } from './batch.ts';
import { begun, countsSize, ended, given, type ThreadData, taken } from './line.ts';

/** Milliseconds after which a thread that has not begun, or one that has and says nothing, is given up. */
const patience = { begun: 30_000, notBegun: 2000 };

/** As `scanTree`, and in its order. @param program of the thread @throws as `scanTree` */
export function scanInThread(
  root: string,
  { isLeftOut }: ScanOptions = {},
  program = findOwnPart(import.meta.dirname, 'scan-thread'),
): Generator<StampedEntry> {
  if (program === undefined) return scanTree(root, { isLeftOut });
  return grouped(withoutLeftOut(seenByBoth(root, isLeftOut, program), isLeftOut));
}

/** What the thread has seen, and after it what it has not. */
function* seenByBoth(root: string, isLeftOut: ScanOptions['isLeftOut'], program: string): Generator<Seen> {
  let last: string | undefined;
  for (const seen of seenByThread(root, program)) {
    if (seen === 'unfinished') {
      for (const rest of seenBelow(root, isLeftOut))
        if (last === undefined || comparePaths(rest.entry.path, last) > 0) yield rest;
      return;
    }
    last = seen.entry.path;
    yield seen;
  }
}

function* seenByThread(root: string, program: string): Generator<Seen | 'unfinished'> {
  const counts = new SharedArrayBuffer(countsSize);
  const line = new Int32Array(counts);
  const { port1, port2 } = new MessageChannel();
  const thread = start(program, { root, counts, port: port2 });
  try {
    for (;;) {
      const before = Atomics.load(line, given);
      const batch = nextBatch(port1);
      if (batch !== undefined) {
        Atomics.add(line, taken, 1);
        Atomics.notify(line, taken);
        yield* unpacked(batch);
        continue;
      }
      const end = Atomics.load(line, ended);
      // what was given before the end was told is here by now
      if (end !== 0 && Atomics.load(line, given) === before) {
        if (end !== 1) yield 'unfinished';
        return;
      }
      if (end === 0 && isSilent(line, before)) {
        yield 'unfinished';
        return;
      }
    }
  } finally {
    port1.close();
    void thread.terminate();
  }
}

/** Waits for a batch. */
function isSilent(line: Int32Array<SharedArrayBuffer>, before: number): boolean {
  if (Atomics.wait(line, given, before, patience.notBegun) !== 'timed-out') return false;
  if (Atomics.load(line, begun) === 0) return true;
  return Atomics.wait(line, given, before, patience.begun) === 'timed-out';
}

function nextBatch(port: MessagePort): Batch | undefined {
  return receiveMessageOnPort(port)?.message;
}

function start(program: string, data: ThreadData): Worker {
  const thread = new Worker(program, {
    workerData: data,
    transferList: [data.port],
    execArgv: [],
  });
  thread.unref();
  // one that can't begin is silent, and given up
  thread.on('error', () => {});
  return thread;
}

/** Of a directory that is left out nothing comes. */
function* withoutLeftOut(all: Iterable<Seen>, isLeftOut: ScanOptions['isLeftOut']): Generator<Seen> {
  const above: string[] = [];
  for (const seen of all) {
    const { path, kind } = seen.entry;
    if (above.some((directory) => path.startsWith(directory))) continue;
    if (path !== '' && isLeftOut?.(path) === true) {
      if (kind === 'directory') above.push(`${path}/`);
      continue;
    }
    yield seen;
  }
}
