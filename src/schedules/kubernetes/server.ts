/** `serve` for Kubernetes: a node of sessions a pod, which agree by the registry in PostgreSQL; the database is not ours. */

import { serverWords } from '../job.ts';
import type { Manifest } from './manifest.ts';
import { networkPolicy } from './network-policy.ts';
import { podSpec } from './pod.ts';

const name = 'cryptosync-serve';
const port = 8443;
const root = '/clients';

export interface ServerSettings {
  readonly image: string;
  /** TCP ports by which the sinks and the database are reached. */
  readonly ports: readonly number[];
  /** Ids of workloads: each is a file of the ConfigMap. */
  readonly workloads: readonly string[];
}

const serverPaths = {
  workloads: '/etc/cryptosync/workloads',
  token: '/etc/cryptosync/token',
  certificate: '/etc/cryptosync/tls/tls.crt',
  key: '/etc/cryptosync/tls/tls.key',
};

/** Seconds for the last syncs at a node's end. */
const drain = 60;

/** Kubernetes puts the pod's name in. */
const address = `https://$(POD_NAME).${name}:${port}`;

export function serverManifests(settings: ServerSettings): Manifest[] {
  const labels = {
    'app.kubernetes.io/name': 'cryptosync',
    'app.kubernetes.io/component': 'serve',
    'app.kubernetes.io/managed-by': 'cryptosync',
  };
  const metadata = { name, labels };
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      // a tenant is one node's, so each node has a name of its own
      spec: {
        clusterIP: 'None',
        publishNotReadyAddresses: true,
        selector: labels,
        ports: [{ name: 'https', port, targetPort: 'https' }],
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata,
      spec: {
        serviceName: name,
        replicas: 2,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: serverPod(settings) },
        volumeClaimTemplates: [
          {
            apiVersion: 'v1',
            kind: 'PersistentVolumeClaim',
            metadata: { name: 'clients' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Gi' } } },
          },
        ],
      },
    },
    networkPolicy(metadata, labels, { outside: settings.ports, answered: port }),
  ];
}

function serverPod({ image, workloads }: ServerSettings): object {
  const probe = (path: string): object => ({
    httpGet: { path, port: 'https', scheme: 'HTTPS' },
    periodSeconds: 10,
  });
  return {
    terminationGracePeriodSeconds: drain + 30,
    ...podSpec({
      image,
      args: serverWords({ ...serverPaths, root, address, listen: `0.0.0.0:${port}`, drainSeconds: drain }),
      environment: [
        { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        // the address holds the database's password, so it is in no argument
        {
          name: 'CRYPTOSYNC_REGISTRY',
          valueFrom: { secretKeyRef: { name: 'cryptosync-registry', key: 'url' } },
        },
      ],
      mounts: [
        { name: 'clients', mountPath: root },
        // one by one: a whole secret is a directory of links, and what is believed is never reached by one
        ...workloads.map((id) => ({
          ...{ name: 'workloads', mountPath: `${serverPaths.workloads}/${id}.json`, subPath: `${id}.json` },
          readOnly: true,
        })),
        { name: 'token', mountPath: serverPaths.token, subPath: 'token', readOnly: true },
        { name: 'tls', mountPath: serverPaths.certificate, subPath: 'tls.crt', readOnly: true },
        { name: 'tls', mountPath: serverPaths.key, subPath: 'tls.key', readOnly: true },
      ],
      volumes: {
        workloads: { configMap: { name: 'cryptosync-workloads' } },
        token: { secret: { secretName: 'cryptosync-token' } },
        tls: { secret: { secretName: 'cryptosync-tls' } },
      },
      more: {
        ports: [{ name: 'https', containerPort: port }],
        readinessProbe: probe('/readyz'),
        livenessProbe: probe('/healthz'),
      },
    }),
  };
}
