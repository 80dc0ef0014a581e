/** Which key a workload takes, and which one the sink: every policy, every key, every state of the sink, on both nodes. */
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SyncCoordinator, Workload } from '../../src/index.ts';
import type { FilenameEncryption } from '../../src/remotes/tuning.ts';
import { generateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import { createInstallation, type Installation } from '../support/installation.ts';
import { codeOf, platform, workloadOn } from '../support/platform.ts';
import { readTree, writeFiles } from '../support/tree.ts';

const policies = ['required', 'optional', 'none'] as const;
type Policy = (typeof policies)[number];

const [right, wrong] = [generateEncryptionKey(), generateEncryptionKey()];
const keys = { missing: undefined, right, wrong } as const;
type Key = keyof typeof keys;

/** What the sink holds, and whether this node has brought it there. */
interface Sink {
  readonly key?: string;
  readonly names?: FilenameEncryption;
  readonly files: Readonly<Record<string, string>>;
}
const sinks = {
  'never held anything': undefined,
  'holds files in the clear': { files: { a: 'one' } },
  'holds encrypted files': { key: right, files: { a: 'one' } },
  'holds an encrypted tenant without files, and hides no names': { key: right, names: 'off', files: {} },
} satisfies Record<string, Sink | undefined>;
type SinkName = keyof typeof sinks;

/** What a claim that the workload's policy lets through comes to, by the key that came with it. */
const outcomes: Readonly<Record<SinkName, Readonly<Record<Key, string>>>> = {
  'never held anything': { missing: 'nothing', right: 'nothing', wrong: 'nothing' },
  'holds files in the clear': { missing: 'a', right: 'DECRYPTION_FAILED', wrong: 'DECRYPTION_FAILED' },
  'holds encrypted files': { missing: 'KEY_REQUIRED', right: 'a', wrong: 'DECRYPTION_FAILED' },
  'holds an encrypted tenant without files, and hides no names': {
    missing: 'KEY_REQUIRED',
    right: 'nothing',
    wrong: 'DECRYPTION_FAILED',
  },
};

/** What the policy itself refuses, before anybody is asked. */
function refusedByPolicy(policy: Policy, key: Key): string | undefined {
  if (policy === 'required' && key === 'missing') return 'KEY_REQUIRED';
  return policy === 'none' && key !== 'missing' ? 'USAGE' : undefined;
}

let installation: Installation;
/** The node that has filled the sinks, and one that knows nothing of them. */
let nodes: Readonly<Record<'has a record' | 'has none', SyncCoordinator>>;
let directoryOf: (node: keyof typeof nodes, tenant: string) => string;
let disk: string;

beforeAll(() => {
  installation = createInstallation();
  const [filler, other] = [platform(installation), platform(installation, {}, 'other')];
  disk = filler.disk;
  directoryOf = (node, tenant) => (node === 'has a record' ? filler : other).directory(tenant);
  // what is only looked at here is sent by nobody, so that each claim meets the sink as it was
  const workloads = (id: string): Workload =>
    id === 'filling'
      ? workloadOn(disk)
      : workloadOn(disk, { policy: { encryption: id as Policy, onRelease: 'none' } });
  nodes = { 'has a record': filler.start({ workloads }), 'has none': other.start({ workloads }) };
});
afterAll(() => installation.cleanUp());

function encryptionOf(key: string | undefined, names: FilenameEncryption | undefined) {
  return key === undefined
    ? {}
    : { encryption: { key: Buffer.from(key), ...(names && { filenameEncryption: names }) } };
}

const sinkNames = Object.keys(sinks) as SinkName[];
const rows = sinkNames.flatMap((name) =>
  (name === 'never held anything' ? (['has none'] as const) : (['has a record', 'has none'] as const)).map(
    (node) => [name, node] as const,
  ),
);

describe.each(rows)('a sink that %s, of which this node %s', (name, node) => {
  const sink: Sink | undefined = sinks[name];
  const tenant = `t${rows.findIndex(([one, other]) => one === name && other === node)}`;

  it('is claimed by the key that fits it, and by no other, whatever the policy', async () => {
    const filler = nodes['has a record'];
    if (sink !== undefined) {
      await filler.onClaim(tenant, { workloadId: 'filling', ...encryptionOf(sink.key, sink.names) });
      writeFiles(directoryOf('has a record', tenant), sink.files);
      await filler.onRelease(tenant);
    }
    const before = readTree(disk);
    const seen: Record<string, string> = {};
    const wanted: Record<string, string> = {};
    const coordinator = nodes[node];
    for (const policy of policies) {
      for (const key of ['missing', 'wrong', 'right'] as const) {
        const what = `${policy}, ${key}`;
        wanted[what] = refusedByPolicy(policy, key) ?? outcomes[name][key];
        const asked = { workloadId: policy, ...encryptionOf(keys[key], sink?.names) };
        const code = await codeOf(coordinator.onClaim(tenant, asked));
        const found = (): string => readdirSync(directoryOf(node, tenant)).join() || 'nothing';
        seen[what] = code === 'done' ? found() : code;
        if (code === 'done') await coordinator.onRelease(tenant);
        else expect(await codeOf(coordinator.status(tenant))).toBe('TENANT_NOT_CLAIMED');
      }
    }
    expect(seen).toEqual(wanted);
    expect(readTree(disk)).toEqual(before);
  });
});
