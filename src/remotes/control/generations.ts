/** The names of what is kept of the generations: their manifests and their trash. */
import { toNameSeconds } from '../../system/clock.ts';
import { controlDirectory } from '../remote.ts';

export const manifestsDirectory = `${controlDirectory}/manifests`;
export const trashDirectory = `${controlDirectory}/trash`;

export interface ManifestName {
  readonly generation: number;
  /** Milliseconds since 1970: when its generation was committed. */
  readonly at: number;
  readonly kind: 'full' | 'delta';
  /** How the id of its generation begins: 8 characters, which tell it from another one of the same number. */
  readonly id: string;
}

const manifestPattern =
  /^(\d{1,15})_(\d{4}-\d\d-\d\dT\d\d)-(\d\d)-(\d\d)Z_([0-9a-f-]{1,36})\.(full|delta)\.jsonl\.gz$/;

/** A name that no other manifest has. @param id of the generation */
export function manifestName(generation: number, at: Date, id: string, kind: ManifestName['kind']): string {
  return `${generation}_${toNameSeconds(at)}_${id.slice(0, 8)}.${kind}.jsonl.gz`;
}

export function parseManifestName(name: string): ManifestName | undefined {
  const match = manifestPattern.exec(name);
  if (match === null) return undefined;
  const at = Date.parse(`${match[2]}:${match[3]}:${match[4]}Z`);
  return Number.isNaN(at)
    ? undefined
    : { generation: Number(match[1]), at, id: match[5] ?? '', kind: match[6] === 'full' ? 'full' : 'delta' };
}

/** `7`, or `7.2` when a run that did not end has left something under `7` already. */
const trashPattern = /^(\d{1,15})(?:\.\d{1,9})?$/;

/** The generation that a directory of the trash belongs to; undefined for what 0.1 named by time, and all else. */
export function trashGeneration(name: string): number | undefined {
  const match = trashPattern.exec(name);
  return match === null ? undefined : Number(match[1]);
}

/** The trash of a run that makes a generation. @param taken the names in the trash */
export function unusedTrash(generation: number, taken: readonly string[]): string {
  for (let attempt = 1; ; attempt += 1) {
    const name = attempt === 1 ? String(generation) : `${generation}.${attempt}`;
    if (!taken.includes(name)) return `${trashDirectory}/${name}`;
  }
}

/** When a run of 0.1 began that kept something under this name, in milliseconds since 1970. */
export function beganAt(name: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d)-(\d\d)-(\d\d)Z$/.exec(name);
  const began = match === null ? Number.NaN : Date.parse(`${match[1]}:${match[2]}:${match[3]}Z`);
  return Number.isNaN(began) ? undefined : began;
}
