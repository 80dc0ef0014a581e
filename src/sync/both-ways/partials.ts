/** From rclone 1.63 on files come under a partial name, which a killed rclone leaves behind. */
import type { Place } from '../../remotes/place.ts';
import type { Outlook } from './outlook.ts';

const partialName = /^(.*)\.[0-9a-f]{8}\.partial$/;

/** Removes the parts of files that the last run was writing there. @returns whether there were some */
export async function removePartials(
  place: Place,
  { journal, now }: Pick<Outlook, 'journal' | 'now'>,
): Promise<boolean> {
  const written = new Set(
    (journal?.copies ?? []).filter(({ to }) => to === 'remote').map(({ path }) => path),
  );
  const parts = [...now.remote.keys()].filter((path) => written.has(partialName.exec(path)?.[1] ?? ''));
  for (const path of parts) await place.removeFile(path);
  return parts.length > 0;
}
