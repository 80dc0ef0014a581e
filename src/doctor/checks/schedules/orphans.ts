/** What a schedule wrote for a profile that is gone: its tree was removed or renamed without it. */
import { join } from 'node:path';
import { profileLayout } from '../../../clients/layout.ts';
import { isClientId, isProfileName } from '../../../clients/names.ts';
import { systemTables } from '../../../schedules/cron/tables.ts';
import { type Marker, parseMarker } from '../../../schedules/marker.ts';
import { unitDirectories } from '../../../schedules/places.ts';
import { kindOf, namesIn, readTextIfPresent } from '../../../system/files.ts';
import { whySick } from '../../../system/stores/stores.ts';
import type { Examination } from '../../examination.ts';
import { type Diagnosis, machine } from '../../finding.ts';

export function checkOrphans({ context }: Examination): Diagnosis[] {
  const directories = [...unitDirectories([], context), ...(context.userId === 0 ? [systemTables] : [])];
  return directories.flatMap((directory) =>
    namesIn(directory)
      .filter((name) => name.startsWith('cryptosync-'))
      .map((name) => join(directory, name))
      .flatMap((path) =>
        markersIn(path)
          .filter(isOrphan)
          .map((marker) => toldOf(path, marker)),
      ),
  );
}

function markersIn(path: string): Marker[] {
  if (kindOf(path) !== 'file') return [];
  try {
    const lines = (readTextIfPresent(path) ?? '').split('\n');
    return lines.flatMap((line) => parseMarker(line) ?? []);
  } catch {
    return []; // not for this user
  }
}

/** A disk that does not answer, or is not mounted as a whole, says nothing of what is on it. */
function isOrphan({ root, client, profile }: Marker): boolean {
  if (!isClientId(client) || !isProfileName(profile)) return false;
  if (whySick(root) !== undefined || kindOf(root) !== 'directory') return false;
  return kindOf(profileLayout(root, client, profile).profileFile) === 'none';
}

function toldOf(path: string, { kind, client, profile, root }: Marker): Diagnosis {
  return {
    id: 'schedule-orphan',
    severity: 'warning',
    subject: machine,
    what: `${path} runs the ${kind} of ${client}/${profile} in ${root}, and there is no such profile`,
    why: 'It fails each time that it is started, and hides the failures that matter.',
    mend: { to: 'remove-path', path },
  };
}
