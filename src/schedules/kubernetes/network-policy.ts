/** Whom a pod may speak to: the cluster's names, and its remote; nobody speaks to it but where a port is given. */
import type { Manifest } from './manifest.ts';

/** Addresses at which a cloud hands out the credentials of the machine. */
const metadata = '169.254.0.0/16';

export interface NetworkRules {
  /** TCP ports outside, at any address. */
  readonly outside: readonly number[];
  /** A TCP port at which pods of the same namespace are answered. */
  readonly answered?: number;
}

export function networkPolicy(
  metadataOf: Manifest['metadata'],
  podLabels: Readonly<Record<string, string>>,
  { outside, answered }: NetworkRules,
): Manifest {
  const tcp = (port: number): object => ({ protocol: 'TCP', port });
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadataOf,
    spec: {
      podSelector: { matchLabels: podLabels },
      policyTypes: ['Ingress', 'Egress'],
      ingress: answered === undefined ? [] : [{ from: [{ podSelector: {} }], ports: [tcp(answered)] }],
      egress: [
        {
          to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }],
          ports: [{ protocol: 'UDP', port: 53 }, tcp(53)],
        },
        ...(outside.length === 0
          ? []
          : [
              {
                to: [
                  { ipBlock: { cidr: '0.0.0.0/0', except: [metadata] } },
                  { ipBlock: { cidr: '::/0', except: ['fe80::/10'] } },
                ],
                ports: outside.map(tcp),
              },
            ]),
      ],
    },
  };
}
