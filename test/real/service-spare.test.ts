/** The process that a server keeps for its next sync: it never holds a key that it does not work with, and is never needed. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { generateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import { type Installation, it } from '../support/installation.ts';
import { isAlive, waitUntil } from '../support/machine.ts';
import { keysInMemory } from '../support/memory.ts';
import { type Service, sparesOf, startService, writeWorkloads } from '../support/service.ts';

const tenant = 'acme';

it('carries out one sync; then another waits, which has seen no key', async ({ installation }) => {
  const { service, key } = await claimed(installation);
  for (const work of ['sync', 'release'] as const) {
    writeFileSync(join(installation.client(tenant, 'session'), work), work);
    const used = await waitingIn(service);
    const answer = await service.ask('POST', `/api/v1/tenants/${tenant}/${work}`);
    expect(answer.json).toMatchObject({ sync: { outcome: 'synced', files: 1 } });
    expect(isAlive(used)).toBe(false);
    expect(await waitingIn(service)).not.toBe(used);
  }
  expect(keysInMemory(await waitingIn(service), { key })).toEqual({});
});

it('is not missed when it was killed, nor when it dies as it is given its work', async ({ installation }) => {
  const { service } = await claimed(installation);
  for (const isKnown of [true, false]) {
    writeFileSync(join(installation.client(tenant, 'session'), 'work'), `${isKnown}`);
    const spare = await waitingIn(service);
    process.kill(spare, isKnown ? 'SIGKILL' : 'SIGSTOP');
    if (isKnown) expect(await waitUntil(() => !isAlive(spare), 10_000)).toBe(true);
    const answering = service.ask('POST', `/api/v1/tenants/${tenant}/sync`);
    // it has been given its work by the time that another waits
    if (!isKnown) {
      expect(await waitUntil(() => sparesOf(service.pid).length === 2, 10_000)).toBe(true);
      process.kill(spare, 'SIGKILL');
    }
    expect((await answering).json).toMatchObject({ sync: { outcome: 'synced', files: 1 } });
  }
});

it.for(['SIGTERM', 'SIGKILL'] as const)('ends with the server at %s', async (signal, { installation }) => {
  const { service } = await claimed(installation);
  const spare = await waitingIn(service);
  service.running.child.kill(signal);
  await service.running.finished;
  expect(await waitUntil(() => !isAlive(spare), 5000)).toBe(true);
});

async function claimed(installation: Installation): Promise<{ service: Service; key: string }> {
  writeWorkloads(installation, { site: {} });
  const service = await startService(installation);
  const key = generateEncryptionKey();
  const { status } = await service.claim(tenant, { workloadId: 'site', encryptionKey: key });
  expect(status).toBe(200);
  return { service, key };
}

/** The process that waits, as soon as there is one. */
async function waitingIn({ pid }: Service): Promise<number> {
  expect(await waitUntil(() => sparesOf(pid).length === 1, 10_000)).toBe(true);
  return sparesOf(pid)[0] ?? -1;
}
