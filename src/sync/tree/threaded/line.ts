/** What two threads share while one looks and the other compares: how many batches there are, and how many were taken. */

import type { MessagePort } from 'node:worker_threads';

/** What a thread is started with. */
export interface ThreadData {
  readonly root: string;
  readonly counts: SharedArrayBuffer;
  readonly port: MessagePort;
}

/** The places in `counts`. */
export const given = 0;
export const taken = 1;
/** 1 when the thread has come to its end, 2 when it could not go on. */
export const ended = 2;
export const begun = 3;

export const countsSize = 4 * Int32Array.BYTES_PER_ELEMENT;

/** Entries that are handed over at a time. */
export const batchSize = 1024;
/** Batches that may wait: the look is ahead of what is compared by no more than this. */
export const mostWaiting = 64;
