/**
 * A program that holds sessions, as a platform would: it is told what to do by lines of JSON on stdin, and answers by
 * lines on stdout. Keys come from files, as bytes, and are wiped here as soon as they were handed over.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const library: string = join(import.meta.dirname, '../../dist/index.js');
const { SyncCoordinator, workloadsIn } = (await import(library)) as typeof import('../../src/index.ts');

interface Order {
  readonly do: 'claim' | 'sync' | 'release' | 'status' | 'list' | 'close';
  readonly tenant?: string;
  readonly workload?: string;
  readonly keyFile?: string;
  readonly saltFile?: string;
  readonly force?: boolean;
  readonly drain?: number;
}

const [root = '', workloads = ''] = process.argv.slice(2);
const coordinator = new SyncCoordinator({ root, workloads: workloadsIn(workloads), concurrency: 4 });

process.once('SIGTERM', () => void coordinator.close({ drain: 20_000 }).then(() => process.exit(0)));

for await (const line of createInterface({ input: process.stdin })) void carryOut(JSON.parse(line) as Order);

async function carryOut(order: Order): Promise<void> {
  const { tenant = '' } = order;
  try {
    tell(tenant, { done: await answer(order) });
  } catch (error) {
    tell(tenant, {
      error: { code: (error as { code?: string }).code ?? String(error), message: String(error) },
    });
  }
}

async function answer(order: Order): Promise<unknown> {
  const { tenant = '', workload = 'files', force, drain } = order;
  switch (order.do) {
    case 'claim': {
      const [key, salt] = [order.keyFile, order.saltFile].map((file) => (file ? bytesOf(file) : undefined));
      try {
        const encryption = key === undefined ? undefined : { key, salt };
        return await coordinator.onClaim(tenant, { workloadId: workload, encryption });
      } finally {
        key?.fill(0);
        salt?.fill(0);
      }
    }
    case 'sync':
      return await coordinator.triggerSync(tenant);
    case 'release':
      return await coordinator.onRelease(tenant, { force });
    case 'status':
      return await coordinator.status(tenant);
    case 'list':
      return coordinator.list();
    case 'close':
      return await coordinator.close({ drain });
  }
}

function tell(tenant: string, what: object): void {
  process.stdout.write(`${JSON.stringify({ tenant, ...what })}\n`);
}

function bytesOf(file: string): Buffer {
  const descriptor = openSync(file, 'r');
  const bytes = Buffer.from(new ArrayBuffer(fstatSync(descriptor).size));
  readSync(descriptor, bytes);
  closeSync(descriptor);
  return bytes;
}
