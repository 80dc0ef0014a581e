/**
 * summary.json: what other programs read about a client. The fields of the profile that was installed last stand on
 * top, in snake case, as they always have; `profiles` lists all of them.
 */
import { readTextIfPresent, writeFileAtomic } from '../system/files.ts';
import { type ClientLayout, fileMode, type ProfileLayout, type ScriptAction } from './layout.ts';
import type { Profile } from './profile.ts';

export interface ProfileSummary {
  config_name: string;
  mount_dir: string;
  encrypted_dir: string;
  remote_name: string;
  filesystem_type: string;
  installation_date: string;
  scripts: Record<ScriptAction, string>;
  links: string[];
}

export interface Summary extends ProfileSummary {
  component: 'cryptosync';
  version: string;
  client_id: string;
  profiles: ProfileSummary[];
}

export function summarise(layout: ProfileLayout, profile: Profile, links: readonly string[]): ProfileSummary {
  return {
    config_name: layout.profile,
    mount_dir: profile.mountDir,
    encrypted_dir: profile.encryptedDir,
    remote_name: profile.remote?.name ?? '',
    filesystem_type: profile.engine,
    installation_date: profile.createdAt,
    scripts: { ...layout.scripts },
    links: [...links],
  };
}

/** The links that the summary on disk knows of a profile; none when it is missing or broken. */
export function recordedLinks(layout: ClientLayout, profile: string): string[] {
  try {
    const summary = JSON.parse(readTextIfPresent(layout.summary) ?? '{}') as Partial<Summary>;
    const found = summary.profiles?.find(({ config_name }) => config_name === profile)?.links;
    return Array.isArray(found) ? found.filter((link) => typeof link === 'string') : [];
  } catch {
    return [];
  }
}

/** Writes the summary of a client: `latest` on top, all of `profiles` below it. */
export function writeSummary(
  layout: ClientLayout,
  version: string,
  latest: ProfileSummary,
  profiles: readonly ProfileSummary[],
): void {
  const summary: Summary = {
    component: 'cryptosync',
    version,
    client_id: layout.client,
    ...latest,
    profiles: [...profiles],
  };
  writeFileAtomic(layout.summary, `${JSON.stringify(summary, undefined, 2)}\n`, fileMode);
}
