/** What is left of keys in the memory of a server and its children: twenty tenants claim, sync and are released. */
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';
import { generateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import { type Installation, it } from '../support/installation.ts';
import { pause, waitUntil } from '../support/machine.ts';
import { keysInMemory, relatedKeys } from '../support/memory.ts';
import { descendantsOf, type Service, startService, workersOf, writeWorkloads } from '../support/service.ts';

const tenants = Array.from({ length: 20 }, (_, index) => `tenant${index}`);
const saltOf = (tenant: string): string => `salt of ${tenant}`;
const keys = relatedKeys([...tenants, ...tenants.map(saltOf)]);

it('keeps each key once while it is claimed, and nothing of it after the release', async ({
  installation,
}) => {
  writeWorkloads(installation, { site: {} });
  const service = await startService(installation);
  await expectEach(tenants, (tenant) =>
    service.claim(tenant, {
      workloadId: 'site',
      encryptionKey: keys[tenant],
      encryptionSalt: keys[saltOf(tenant)],
    }),
  );
  await haveEnded(service);
  // as text, where the session has it; a salt as well
  const once = Object.fromEntries(Object.keys(keys).map((name) => [`${name}: text`, 1]));
  expect(keysInMemory(service.pid, keys)).toEqual(once);
  for (const tenant of tenants) writeWork(installation, tenant);
  await expectEach(tenants.slice(0, 5), (tenant) => service.ask('POST', `/api/v1/tenants/${tenant}/sync`));
  await expectEach(tenants, (tenant) => service.ask('POST', `/api/v1/tenants/${tenant}/release`));
  await haveEnded(service);
  await service.claim('other', { workloadId: 'site', encryptionKey: generateEncryptionKey() });
  for (const pid of [service.pid, ...descendantsOf(service.pid)]) {
    expect(keysInMemory(pid, keys)).toEqual({});
  }
});

it('keeps nothing of a key that a client sent and did not wait for, or went away in the midst of', async ({
  installation,
}) => {
  writeWorkloads(installation, { site: {} });
  const service = await startService(installation);
  const key = generateEncryptionKey();
  const body = { workloadId: 'nix', encryptionKey: key };
  const late = await service.claim('late', body, { prefer: 'respond-async' });
  expect(late.status).toBe(202);
  const text = JSON.stringify(body);
  const head = 'POST /api/v1/tenants/gone/claim HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
  await sendAndLeave(service.address, `${head}Content-Length: ${text.length + 9}\r\n\r\n${text}`);
  await sendAndLeave(service.address, `${text}\r\n\r\n`);
  expect(
    await waitUntil(async () => (await service.ask('GET', '/api/v1/tenants/late')).status === 404, 10_000),
  ).toBe(true);
  await pause(100);
  expect(keysInMemory(service.pid, { key })).toEqual({});
});

async function expectEach(
  names: readonly string[],
  ask: (name: string) => Promise<{ status: number; text: string }>,
): Promise<void> {
  const answers = await Promise.all(names.map(ask));
  expect(answers.filter(({ status }) => status !== 200).map(({ text }) => text)).toEqual([]);
}

function writeWork(installation: Installation, tenant: string): void {
  writeFileSync(join(installation.client(tenant, 'session'), 'work'), tenant);
}

/** What has run for the tenants has ended. */
async function haveEnded(service: Service): Promise<void> {
  expect(await waitUntil(() => workersOf(service.pid).length === 0, 20_000)).toBe(true);
}

/** Sends bytes on a connection and closes it. */
function sendAndLeave(path: string, text: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.write(text, () => setTimeout(() => socket.destroy(), 100));
    });
    socket.on('error', () => {});
    socket.once('close', () => resolve());
  });
}
