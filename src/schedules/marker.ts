/**
 * The line that stands above everything a schedule writes: by it ours is told from others', one profile's from
 * another's, and what was written from what has been changed since.
 */
import { shortDigest } from '../system/digest.ts';
import { type JobKind, jobKinds, type Owner } from './job.ts';

export interface Marker {
  readonly kind: JobKind;
  readonly client: string;
  readonly profile: string;
  readonly root: string;
  /** Of what stands below it. */
  readonly digest: string;
}

const pattern = /^# cryptosync schedule: (\w+) of ([^/ ]+)\/([^/ ]+), ([0-9a-f]{16}), in (.+)$/;

/** A text with its marker above it. */
export function marked(
  kind: JobKind,
  { root, layout }: Pick<Owner, 'root' | 'layout'>,
  body: string,
): string {
  const { client, profile } = layout;
  return `# cryptosync schedule: ${kind} of ${client}/${profile}, ${digestOf(body)}, in ${root}\n${body}`;
}

/** What a line says, where it is a marker. */
export function parseMarker(line: string): Marker | undefined {
  const [, kind, client = '', profile = '', digest = '', root = ''] = pattern.exec(line) ?? [];
  const known = jobKinds.find((name) => name === kind);
  return known && { kind: known, client, profile, digest, root };
}

/** Whether a marker is that of a profile, whatever the job. */
export function isOf(
  marker: Marker | undefined,
  { root, layout }: Pick<Owner, 'root' | 'layout'>,
): marker is Marker {
  return marker?.client === layout.client && marker.profile === layout.profile && marker.root === root;
}

/** Whether what stands below a marker is what was written there. */
export function isUnchanged({ digest }: Marker, body: string): boolean {
  return digestOf(body) === digest;
}

function digestOf(body: string): string {
  return shortDigest(body, 16);
}
