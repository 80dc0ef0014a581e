/** What a profile's jobs come to on Kubernetes, and what a server of sessions does. */
import type { ProfileLayout } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import { readProfile } from '../../clients/profile-store.ts';
import { readRcloneConf, remoteType } from '../../remotes/configuration.ts';
import { jitterName } from '../../schedules/cron/lines.ts';
import type { JobKind } from '../../schedules/job.ts';
import { type ClientJob, clientManifests } from '../../schedules/kubernetes/client.ts';
import { type Manifest, toYaml } from '../../schedules/kubernetes/manifest.ts';
import { serverManifests } from '../../schedules/kubernetes/server.ts';
import { shift } from '../../schedules/when/jitter.ts';
import { cronOf, nextRuns, readWhen } from '../../schedules/when/when.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { isWithin } from '../../system/names.ts';
import type { Context } from '../context.ts';
import type { ScheduleRequest } from './request.ts';

export interface ManifestsDocument {
  readonly manifests: readonly Manifest[];
  /** The same as one file. */
  readonly yaml: string;
}

export interface ManifestsRequest extends Pick<ScheduleRequest, 'layout' | 'times' | 'jitter'> {
  readonly image: string;
  readonly claim: string;
}

/** @throws USAGE for a time that is none, and for a job that would have to mount; PROFILE_NOT_FOUND */
export async function renderManifests(
  context: Context,
  request: ManifestsRequest,
): Promise<ManifestsDocument> {
  const { layout, image, claim } = request;
  const profile = readProfile(layout);
  verifyInTree(layout, profile);
  const jobs: ClientJob[] = [];
  for (const [kind, time] of Object.entries(request.times)) {
    jobs.push({
      kind: withoutMount(kind as JobKind),
      cron: await cronFor(context, request, kind as JobKind, time),
    });
  }
  if (jobs.length === 0)
    throw new CryptosyncError('USAGE', 'no job is named', { advice: { to: 'name-job' } });
  const conf = readRcloneConf(layout.rcloneConfig, layout.directory);
  const type = profile.remote && remoteType(conf, profile.remote.name);
  return await documentOf(
    clientManifests(layout, jobs, {
      root: context.root,
      image,
      claim,
      ports: portsOf(type),
    }),
  );
}

/** Nothing but the client's own tree is on the volume that a pod sees. @throws CONFIG_INVALID */
function verifyInTree({ directory }: ProfileLayout, { encryptedDir, mappings = [] }: Profile): void {
  const outside = [encryptedDir, ...mappings.flatMap(({ source }) => source ?? [])].find(
    (path) => !isWithin(path, directory),
  );
  if (outside === undefined) return;
  throw new CryptosyncError(
    'CONFIG_INVALID',
    `${outside} is not below ${directory}, and no pod would see it`,
  );
}

/** @throws USAGE */
function withoutMount(kind: JobKind): ClientJob['kind'] {
  if (kind === 'sync' || kind === 'verify') return kind;
  throw new CryptosyncError('USAGE', `a ${kind} needs FUSE and rights that a pod is not given`);
}

async function cronFor(
  { clock, environment }: Context,
  { layout, jitter }: ManifestsRequest,
  kind: JobKind,
  time: string,
): Promise<string> {
  const when = readWhen(time);
  const look = { environment, from: clock.now() };
  await nextRuns(when, { ...look, amount: 1 });
  return shift(await cronOf(when, look), jitterName(kind, { layout }), jitter).cron;
}

/** TCP ports of a backend, as far as they follow from it. */
function portsOf(type: string | undefined): number[] {
  return type === 'local' ? [] : [type === 'sftp' ? 22 : 443];
}

/** Ports of the sinks that are likely, and of PostgreSQL. */
const serverPorts = [443, 22, 5432];

export async function renderServer(image: string, workloads: readonly string[]): Promise<ManifestsDocument> {
  return await documentOf(serverManifests({ image, workloads, ports: serverPorts }));
}

async function documentOf(manifests: readonly Manifest[]): Promise<ManifestsDocument> {
  return { manifests, yaml: await toYaml(manifests) };
}
