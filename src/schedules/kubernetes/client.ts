/** A profile's jobs for Kubernetes: a CronJob each, and one NetworkPolicy. Its ciphertext lies on a volume. */
import type { ProfileLayout } from '../../clients/layout.ts';
import { type JobKind, wordsOf } from '../job.ts';
import { labelsOf, type Manifest, objectName } from './manifest.ts';
import { networkPolicy } from './network-policy.ts';
import { podSpec, scratch } from './pod.ts';

const credentials = '/run/credentials/cryptosync';

export interface ClientJob {
  readonly kind: Exclude<JobKind, 'mount' | 'drill'>;
  /** Five fields, the delay that spreads a fleet included. */
  readonly cron: string;
}

export interface ClusterSettings {
  /** The directory of all clients, in a container as on the machine: a tree knows its place. */
  readonly root: string;
  readonly image: string;
  /** The claim of the volume with the directory of all clients on it. */
  readonly claim: string;
  /** TCP ports by which the remote is reached. */
  readonly ports: readonly number[];
}

export function clientManifests(
  layout: ProfileLayout,
  jobs: readonly ClientJob[],
  settings: ClusterSettings,
): Manifest[] {
  const labels = labelsOf(layout);
  const name = objectName('cryptosync', layout.client, layout.profile);
  return [
    ...jobs.map((job) => cronJob(layout, job, settings)),
    networkPolicy({ name, labels }, labels, { outside: settings.ports }),
  ];
}

function cronJob(
  layout: ProfileLayout,
  { kind, cron }: ClientJob,
  { root, image, claim }: ClusterSettings,
): Manifest {
  const { client, profile } = layout;
  const labels = labelsOf(layout);
  const secret = objectName('cryptosync', client, profile);
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: objectName('cryptosync', kind, client, profile), labels },
    spec: {
      schedule: cron,
      // two runs on one vault would wait for each other
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: 3600,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 3,
      jobTemplate: {
        metadata: { labels },
        spec: {
          backoffLimit: 2,
          podFailurePolicy: {
            rules: [
              // somebody else was at work on it: that is no failure, and it is tried again
              {
                action: 'Ignore',
                onExitCodes: { containerName: 'cryptosync', operator: 'In', values: [75] },
              },
              // what another try can't mend: usage, configuration, keys, a refusal for safety, damage
              {
                action: 'FailJob',
                onExitCodes: { containerName: 'cryptosync', operator: 'In', values: [2, 10, 11, 12, 15, 16] },
              },
            ],
          },
          template: {
            metadata: { labels },
            spec: {
              restartPolicy: 'Never',
              ...podSpec({
                image,
                args: wordsOf(kind, { root, layout }, `${scratch}/cryptosync.log`),
                environment: [
                  { name: 'CREDENTIALS_DIRECTORY', value: credentials },
                  {
                    name: 'RCLONE_CONFIG_PASS',
                    valueFrom: { secretKeyRef: { name: secret, key: 'RCLONE_CONFIG_PASS', optional: true } },
                  },
                ],
                mounts: [
                  // nothing of another client is there
                  { name: 'clients', mountPath: `${root}/${client}`, subPath: client },
                  { name: 'credentials', mountPath: credentials, readOnly: true },
                ],
                volumes: {
                  clients: { persistentVolumeClaim: { claimName: claim } },
                  credentials: { secret: { secretName: secret, optional: true } },
                },
              }),
            },
          },
        },
      },
    },
  };
}
