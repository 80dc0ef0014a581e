/**
 * summary.json: what other programs read about a client. The fields of the profile that was installed last stand on
 * top, in snake case, as they always have; `profiles` lists all of them.
 */
import * as v from 'valibot';
import { writeFileAtomic } from '../system/files.ts';
import { parseStoredJson } from '../system/paths/stored-json.ts';
import { readTrustedText } from '../system/paths/trust.ts';
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

const listedSchema = v.looseObject({ config_name: v.string() });
const summarySchema = v.looseObject({
  component: v.literal('cryptosync'),
  client_id: v.string(),
  profiles: v.array(listedSchema),
});

/** What a summary says of one profile, whoever wrote it. */
export type ListedProfile = v.InferOutput<typeof listedSchema>;

/** The summary on disk; undefined when it is missing, `unreadable` when it is no summary of ours. */
export function readSummary(
  layout: ClientLayout,
): v.InferOutput<typeof summarySchema> | 'unreadable' | undefined {
  try {
    const text = readTrustedText(layout.summary, layout.directory);
    if (text === undefined) return undefined;
    const result = v.safeParse(summarySchema, parseStoredJson(text));
    return result.success ? result.output : 'unreadable';
  } catch (error) {
    if (error instanceof SyntaxError) return 'unreadable';
    throw error;
  }
}

/** The links that a summary lists of a profile. */
export function linksOf({ links }: ListedProfile): string[] {
  return Array.isArray(links) ? links.filter((link) => typeof link === 'string') : [];
}

/** The links that the summary on disk knows of a profile; none when it is missing or broken. */
export function recordedLinks(layout: ClientLayout, profile: string): string[] {
  try {
    const summary = readSummary(layout);
    if (summary === undefined || summary === 'unreadable') return [];
    const listed = summary.profiles.find(({ config_name }) => config_name === profile);
    return listed === undefined ? [] : linksOf(listed);
  } catch {
    return [];
  }
}

const scriptsSchema = v.optional(v.object({ mount: v.optional(v.string()) }));
/** As the former scripts wrote it too: without the list of profiles. */
const homeSchema = v.object({
  scripts: scriptsSchema,
  profiles: v.optional(v.array(v.object({ config_name: v.string(), scripts: scriptsSchema }))),
});

/** The client's directory that the summary on disk was written for; undefined when it does not tell. */
export function recordedHome(layout: ProfileLayout): string | undefined {
  try {
    const text = readTrustedText(layout.summary, layout.directory);
    if (text === undefined) return undefined;
    const { profiles, scripts } = v.parse(homeSchema, parseStoredJson(text));
    const own = profiles?.find(({ config_name }) => config_name === layout.profile) ?? { scripts };
    return /^(\/.+)\/cryptosync\/scripts\/[^/]+$/.exec(own.scripts?.mount ?? '')?.[1];
  } catch (error) {
    if (error instanceof SyntaxError || v.isValiError(error)) return undefined;
    throw error;
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
  const text = `${JSON.stringify(summary, undefined, 2)}\n`;
  writeFileAtomic(layout.summary, text, fileMode, layout.directory);
}
