/**
 * What is printed for Kubernetes: held against the schemas of its API, and against its types, which also know what fields
 * there are not; and what a pod would run is run, by a user without any right.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { CronJob } from 'kubernetes-models/batch/v1/CronJob';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { Service } from 'kubernetes-models/v1/Service';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { createInstallation, type Installation } from '../support/installation.ts';
import { type ClientVault, installVault } from '../support/vault.ts';

const models = { CronJob, NetworkPolicy, Service, StatefulSet };
type Kind = keyof typeof models;

/** Each kind's module and type in the package of the API's types. */
const types: Readonly<Record<Kind, string>> = {
  CronJob: 'batch/v1/CronJob',
  NetworkPolicy: 'networking.k8s.io/v1/NetworkPolicy',
  Service: 'v1/Service',
  StatefulSet: 'apps/v1/StatefulSet',
};

// biome-ignore lint/suspicious/noExplicitAny: an object of any kind, which the schemas judge
type Manifest = any;

let installation: Installation;
let vault: ClientVault;
let manifests: Manifest[];

async function render(...args: string[]): Promise<Manifest[]> {
  const { exitCode, stdout, stderr } = await installation.cryptosync([
    ...['schedule', 'render', '--using', 'kubernetes'],
    ...args,
  ]);
  expect([exitCode, stderr]).toEqual([0, '']);
  return parseAllDocuments(stdout).map((document) => document.toJS());
}

beforeAll(async () => {
  installation = createInstallation();
  vault = await installVault(installation);
  manifests = [
    ...(await render('--client', 'client1', '--sync', '02:30', '--verify', 'weekly')),
    ...(await render('--serve', '--workload', 'site', '--workload', 'other')),
  ];
});

afterAll(async () => {
  await installation.cleanUp();
});

function judge(manifest: Manifest): void {
  const Model = models[manifest.kind as Kind];
  expect(manifest.apiVersion).toBe(Model.apiVersion);
  new Model(manifest).validate();
}

/** What the compiler says of objects that are written as the API's types have them: a field that there is not is an error. */
function typeErrors(objects: readonly Manifest[]): string[] {
  const file = fileURLToPath(new URL('./manifests-to-check.ts', import.meta.url));
  const text = objects
    .map(
      (object, index) =>
        `import type { I${object.kind} as T${index} } from 'kubernetes-models/${types[object.kind as Kind]}';\n` +
        `export const m${index}: T${index} = ${JSON.stringify(object)};\n`,
    )
    .join('');
  const options: ts.CompilerOptions = {
    ...{ noEmit: true, strict: true, skipLibCheck: true, types: [], lib: ['lib.es2023.d.ts'] },
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => path === file || fileExists(path);
  host.getSourceFile = (path, version) =>
    path === file ? ts.createSourceFile(path, text, version) : getSourceFile(path, version);
  return ts
    .getPreEmitDiagnostics(ts.createProgram([file], options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

describe('what is printed for Kubernetes', () => {
  it('is two jobs and a policy of the client, and a server with its service and policy', () => {
    expect(manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'CronJob cryptosync-sync-client1-default',
      'CronJob cryptosync-verify-client1-default',
      'NetworkPolicy cryptosync-client1-default',
      'Service cryptosync-serve',
      'StatefulSet cryptosync-serve',
      'NetworkPolicy cryptosync-serve',
    ]);
  });

  it('is what the API’s own schemas allow, which find what is wrong', () => {
    for (const manifest of manifests) judge(manifest);
    for (const manifest of manifests) {
      const wrong = structuredClone(manifest);
      wrong.spec = 'nothing';
      expect(() => judge(wrong)).toThrow();
    }
    const job = structuredClone(manifests[0]);
    delete job.spec.schedule;
    expect(() => judge(job)).toThrow(/schedule/);
    const pod = structuredClone(manifests[0]);
    pod.spec.jobTemplate.spec.template.spec.containers[0].securityContext.capabilities.drop = 'ALL';
    expect(() => judge(pod)).toThrow();
  });

  it('has no field that the API does not know', () => {
    expect(typeErrors(manifests)).toEqual([]);
    const wrong = structuredClone(manifests[0]);
    wrong.spec.jobTemplate.spec.template.spec.containers[0].volumeMount = [];
    expect(typeErrors([wrong]).join()).toContain('volumeMount');
  });

  it('asks for no right: no user 0, no privilege, no host, no token', () => {
    const pods = manifests.flatMap(({ spec }) =>
      [spec.jobTemplate?.spec.template.spec, spec.template?.spec].filter(Boolean),
    );
    expect(pods).toHaveLength(3);
    for (const pod of pods) {
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      expect(pod.containers[0].securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(JSON.stringify(pod)).not.toMatch(/hostPath|hostNetwork|hostPID|privileged":true|\/dev\/fuse/);
    }
  });

  it('is refused for what a pod can’t do', async () => {
    const refuse = async (...args: string[]): Promise<number | null> =>
      (await installation.cryptosync(['schedule', 'render', '--using', 'kubernetes', ...args])).exitCode;
    expect(await refuse('--client', 'client1', '--mount', 'at-boot')).toBe(2);
    expect(await refuse('--client', 'client1', '--drill', 'weekly')).toBe(2);
    expect(await refuse('--client', 'client1', '--sync', 'Mon *-*-1..7 02:30')).toBe(2);
    expect(await refuse('--client', 'client1')).toBe(2);
  });

  it('runs as a user without any right, with nothing but the volume', async () => {
    await vault.put({ 'a.txt': 'a' });
    mkdirSync(vault.remoteDir, { recursive: true });
    execFileSync('chattr', ['-i', vault.mountDir]);
    execFileSync('chown', ['-R', '1000:1000', installation.client('client1'), vault.remoteDir]);
    chmodSync(installation.directory, 0o755);
    const scratch = installation.path('pod');
    mkdirSync(scratch, { mode: 0o777 });
    chmodSync(scratch, 0o777);
    for (const [manifest, outcome] of [
      [manifests[0], 'synced'],
      [manifests[1], 'verified'],
    ]) {
      const [container] = manifest.spec.jobTemplate.spec.template.spec.containers;
      const args = container.args.map((word: string) =>
        word.replace(/^\/tmp\/cryptosync\.log$/, `${scratch}/log`),
      );
      const result = await installation.runProgram(
        'setpriv',
        [
          ...[
            '--reuid',
            '1000',
            '--regid',
            '1000',
            '--clear-groups',
            '--no-new-privs',
            '--bounding-set',
            '-all',
          ],
          ...[process.execPath, fileURLToPath(new URL('../../bin/run.js', import.meta.url)), ...args],
        ],
        { environment: { PATH: process.env['PATH'], HOME: scratch, CREDENTIALS_DIRECTORY: scratch } },
      );
      expect([result.exitCode, result.stdout, result.stderr]).toEqual([0, '', '']);
      expect(vault.ledger().at(-1)).toMatchObject({ outcome });
    }
  });
});
