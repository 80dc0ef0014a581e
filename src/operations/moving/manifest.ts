/** What an exported file says of itself: its first entry, read before anything else of it is believed. */
import * as v from 'valibot';
import { type ClientId, isClientId, isProfileName, type ProfileName } from '../../clients/names.ts';
import { absolutePath } from '../../clients/profile.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { parseStoredJson } from '../../system/paths/stored-json.ts';

const format = 'cryptosync-export';
const profileNames = v.pipe(
  v.array(
    v.custom<ProfileName>(
      (name) => typeof name === 'string' && isProfileName(name),
      'must be a profile name',
    ),
  ),
  v.maxLength(1000),
);

const manifestSchema = v.object({
  format: v.literal(format),
  version: v.literal(1),
  /** Of this export: by it an import that was cut off knows its own. */
  id: v.pipe(v.string(), v.uuid()),
  client: v.custom<ClientId>((id) => typeof id === 'string' && isClientId(id), 'must be a client id'),
  createdAt: v.string(),
  /** The client's directory on the machine that it came from. */
  directory: absolutePath,
  profiles: v.pipe(profileNames, v.minLength(1)),
  /** The profiles whose vaults' ciphertext is there, each at its profile's usual place. */
  vaults: profileNames,
  /** Of the ciphertext on disk. */
  bytes: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  /** Programs that profiles or rclone.conf name, as they would be run. */
  commands: v.array(v.string()),
});

export type ExportManifest = v.InferOutput<typeof manifestSchema>;

/** Below the client's directory. */
export const manifestName = 'cryptosync/export.json';

export function manifestText(manifest: Omit<ExportManifest, 'format' | 'version'>): string {
  return `${JSON.stringify({ format, version: 1, ...manifest }, undefined, 2)}\n`;
}

/** @param name the file's, for messages. @throws CONFIG_INVALID */
export function parseManifest(text: string, name: string): ExportManifest {
  const result = v.safeParse(manifestSchema, readJson(text));
  if (result.success) return result.output;
  const { issues } = result;
  const where = v.getDotPath(issues[0]) ?? 'all of it';
  throw new CryptosyncError(
    'CONFIG_INVALID',
    `what ${name} says of itself is not understood (${where}: ${issues[0].message})`,
    { advice: { to: 'give-export' } },
  );
}

function readJson(text: string): unknown {
  try {
    return parseStoredJson(text);
  } catch {
    return undefined;
  }
}
