/** What all manifests have in common: names, labels, and the text of several. */
import type { ProfileLayout } from '../../clients/layout.ts';
import { shortDigest } from '../../system/digest.ts';

/** An object of Kubernetes' API, as data. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly [field: string]: unknown;
}

/** A CronJob's name may have 52 characters: its jobs get eleven more. */
const longestName = 52;

/**
 * A name as Kubernetes takes it: lower case, of letters, digits and hyphens. What had to be changed, or was cut, gets a digest
 * behind it, so that no two names become one.
 */
export function objectName(...parts: string[]): string {
  const whole = parts.join('-');
  const plain = whole.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-');
  if (plain === whole && plain.length <= longestName) return plain;
  const digest = shortDigest(parts.join('/'), 8);
  return `${plain.slice(0, longestName - digest.length - 1).replace(/-+$/, '')}-${digest}`;
}

/** Of everything that belongs to one profile. Names of clients and profiles are label values as they are, but for their ends. */
export function labelsOf({
  client,
  profile,
}: Pick<ProfileLayout, 'client' | 'profile'>): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'cryptosync',
    'app.kubernetes.io/managed-by': 'cryptosync',
    'cryptosync/client': labelValue(client),
    'cryptosync/profile': labelValue(profile),
  };
}

/** A label's value has at most 63 characters and ends with a letter or digit. */
function labelValue(name: string): string {
  return /[A-Za-z0-9]$/.test(name) && name.length <= 63 ? name : objectName(name);
}

/** All manifests as one file. */
export async function toYaml(manifests: readonly Manifest[]): Promise<string> {
  const { stringify } = await import('yaml');
  return manifests
    .map((manifest) => `---\n${stringify(manifest, { lineWidth: 0, aliasDuplicateObjects: false })}`)
    .join('');
}
