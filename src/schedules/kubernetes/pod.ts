/** A pod that needs no right of its host: no FUSE, no privilege, no writable root, no user 0, no token of the cluster. */

/** The user in the container; the tree on the volume is his. */
const user = 1000;

/** Where a container has a place to write that is not the volume. */
export const scratch = '/tmp';

export interface Mount {
  /** Of the volume. */
  readonly name: string;
  readonly mountPath: string;
  /** A file or directory of the volume, in the place of all of it. */
  readonly subPath?: string;
  readonly readOnly?: boolean;
}

export interface ContainerSettings {
  readonly image: string;
  /** The program and its arguments. */
  readonly args: readonly string[];
  readonly environment: readonly object[];
  readonly mounts: readonly Mount[];
  /** As Kubernetes' API has them, by name; a StatefulSet claims others by itself. */
  readonly volumes: Readonly<Record<string, object>>;
  /** Ports, probes and the like. */
  readonly more?: object;
}

/** No group is given to the volume's files: those that a group can write are not believed. */
export function podSpec({ image, args, environment, mounts, volumes, more }: ContainerSettings): object {
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: user,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name: 'cryptosync',
        image,
        command: ['cryptosync'],
        args,
        env: [{ name: 'HOME', value: scratch }, ...environment],
        resources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '1Gi' } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        volumeMounts: [...mounts, { name: 'scratch', mountPath: scratch }],
        ...more,
      },
    ],
    volumes: [
      ...Object.entries(volumes).map(([name, source]) => ({ name, ...source })),
      { name: 'scratch', emptyDir: {} },
    ],
  };
}
