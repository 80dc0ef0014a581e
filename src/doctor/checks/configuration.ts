/** The files that say what a client is: rclone.conf, summary.json, and what a crash left beside them. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { listProfiles } from '../../clients/discovery.ts';
import { type ListedProfile, linksOf, readSummary, summarise } from '../../clients/summary.ts';
import { describeExposure, exposedServers } from '../../remotes/configuration.ts';
import { isTenant } from '../../sessions/on-disk.ts';
import type { Advice } from '../../system/advice/index.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { namesIn } from '../../system/files.ts';
import type { ClientCase, Examination, ProfileCase } from '../examination.ts';
import { namesOf } from '../examination.ts';
import { type Diagnosis, isRefusedPath, mendOf } from '../finding.ts';
import { readConf } from './remote-settings.ts';

export function checkConfiguration(examination: Examination, client: ClientCase): Diagnosis[] {
  return [
    ...checkProfilesExist(examination, client),
    ...checkRcloneConf(client),
    ...client.profiles.flatMap(checkRemoteName),
    ...client.profiles.flatMap(checkExposure),
    ...checkSummary(examination, client),
    ...checkLeftovers(examination, client),
  ];
}

function checkProfilesExist({ context }: Examination, { layout }: ClientCase): Diagnosis[] {
  if (listProfiles(context.root, layout.client).length > 0 || isTenant(layout)) return [];
  return [
    {
      id: 'client-without-profile',
      severity: 'warning',
      subject: layout.client,
      what: `${layout.configDirectory} holds no profile`,
      why: 'An install was interrupted, the profiles were removed, or the tree is one of the former scripts.',
      mend: { to: 'install-client', client: layout.client },
    },
  ];
}

function checkRcloneConf({ layout }: ClientCase): Diagnosis[] {
  const conf = readConf(layout);
  if (!(conf instanceof CryptosyncError)) return [];
  if (isRefusedPath(conf)) return checkRefused(layout, conf);
  return [
    {
      id: 'rclone-conf-torn',
      severity: 'error',
      subject: layout.client,
      what: conf.message,
      why: 'rclone refuses the whole file: none of its remotes can be reached.',
      mend: mendOf(conf),
    },
  ];
}

/** What stands above the client is told as the machine's, and its profiles say that they are refused. */
function checkRefused(
  { client, rcloneDirectory, rcloneConfig }: ClientCase['layout'],
  error: CryptosyncError,
): Diagnosis[] {
  const { path } = error.details as { path?: unknown };
  if (path !== rcloneDirectory && path !== rcloneConfig) return [];
  return [
    {
      id: 'rclone-conf-refused',
      severity: 'error',
      subject: client,
      what: error.message,
      why: 'Every command that needs one of its remotes refuses it.',
      mend: mendOf(error),
    },
  ];
}

function checkRemoteName({ name, layout, profile, readHistory }: ProfileCase): Diagnosis[] {
  const { remote } = profile;
  const base = { id: 'remote-missing', subject: name };
  if (remote === undefined) {
    const why = 'Its vault is on this machine only: nothing is backed up.';
    const mend: Advice = { to: 'give-profile-remote', ...namesOf(layout) };
    return [{ ...base, severity: 'warning', what: 'the profile has no remote', why, mend }];
  }
  const conf = readConf(layout);
  if (conf instanceof CryptosyncError || conf.encrypted || conf.remotes.get(remote.name)?.has('type'))
    return [];
  const wasSynced = readHistory().lastSuccess !== null;
  return [
    {
      ...base,
      severity: wasSynced ? 'error' : 'warning',
      what: `${layout.rcloneConfig} has no remote ${remote.name}`,
      why: wasSynced ? 'Syncs that have worked fail now.' : 'Nothing of this vault is backed up yet.',
      mend: { to: 'configure-remotes', client: layout.client },
    },
  ];
}

function checkExposure({ name, layout, profile: { remote } }: ProfileCase): Diagnosis[] {
  const conf = readConf(layout);
  if (remote === undefined || conf instanceof CryptosyncError) return [];
  const servers = exposedServers(conf, remote.name);
  if (servers.length === 0) return [];
  return [
    {
      id: 'remote-unencrypted',
      severity: 'warning',
      subject: name,
      what: describeExposure(remote.name, servers),
      why: 'With them anybody can read, change and remove the backup.',
      mend: { to: 'use-https' },
    },
  ];
}

function checkSummary({ context }: Examination, { layout, profiles }: ClientCase): Diagnosis[] {
  const [first] = profiles;
  if (first === undefined) return [];
  const problem = problemOf(readSummary(layout));
  if (problem === undefined) return [];
  return [
    {
      id: 'summary-wrong',
      severity: 'warning',
      subject: layout.client,
      what: `${layout.summary} ${problem}`,
      why: 'Programs that read it take the wrong paths, or find no client.',
      mend: { to: 'install-without-links', ...namesOf(first.layout) },
      repair: { kind: 'write-summary', layout: first.layout },
    },
  ];

  function problemOf(summary: ReturnType<typeof readSummary>): string | undefined {
    if (summary === undefined) return 'is missing';
    if (summary === 'unreadable' || summary.client_id !== layout.client)
      return 'is not the summary of this client';
    const listed = summary.profiles.map(({ config_name }) => config_name).sort();
    const present = [...listProfiles(context.root, layout.client)].sort();
    if (listed.join() !== present.join()) return 'does not list the profiles that there are';
    const outdated = profiles.find((one) => !isUpToDate(one, summary.profiles));
    return outdated === undefined ? undefined : `is not what the profile ${outdated.layout.profile} says`;
  }
}

function isUpToDate({ layout, profile }: ProfileCase, listed: readonly ListedProfile[]): boolean {
  const found = listed.find(({ config_name }) => config_name === layout.profile);
  if (found === undefined) return false;
  const expected = summarise(layout, profile, linksOf(found));
  return Object.entries(expected).every(
    ([key, value]) => JSON.stringify(found[key]) === JSON.stringify(value),
  );
}

/** Names that `system/files` gives to what becomes a file by rename. */
const temporaryName = /^\..+\.[0-9a-f]{12}\.tmp$/;
/** A write takes milliseconds: what is older was left by a crash. */
const leftoverAge = 10 * 60_000;

function checkLeftovers({ context }: Examination, { layout }: ClientCase): Diagnosis[] {
  const directories = [
    layout.toolDirectory,
    layout.configDirectory,
    layout.scriptsDirectory,
    layout.rcloneDirectory,
  ];
  return directories
    .flatMap((directory) =>
      namesIn(directory)
        .filter((name) => temporaryName.test(name))
        .map((name) => join(directory, name)),
    )
    .filter((path) => {
      const stats = lstatSync(path, { throwIfNoEntry: false });
      return stats !== undefined && context.clock.now().getTime() - stats.mtimeMs > leftoverAge;
    })
    .map((path) => ({
      id: 'leftover-file',
      severity: 'info',
      subject: layout.client,
      what: `${path} was left by a write that was cut off`,
      why: 'It is of no use to anybody.',
      mend: { to: 'remove-path', path },
      repair: { kind: 'remove-leftover', path },
    }));
}
