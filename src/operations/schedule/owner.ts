/** A profile as a schedule sees it, and how this program is called by one. */
import { dirname } from 'node:path';
import type { ProfileLayout } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import type { Program } from '../../clients/scripts.ts';
import type { Call, Owner } from '../../schedules/job.ts';
import { findExecutable } from '../../system/dependencies.ts';
import { defaultPath } from '../../system/environment.ts';
import type { Context } from '../context.ts';

export function ownerOf({ root }: Pick<Context, 'root'>, layout: ProfileLayout, profile: Profile): Owner {
  return { root, layout, encryptedDir: profile.encryptedDir, mountDir: profile.mountDir };
}

/** What a run starts, from wherever a distribution or an operator has put it. */
const tools = ['gocryptfs', 'cryfs', 'rclone', 'fusermount3', 'flock'];

export function callOf(
  { environment }: Pick<Context, 'environment'>,
  program: Program,
): Pick<Call, 'program' | 'path'> {
  const found = tools.flatMap((name) => {
    const file = findExecutable(name, environment);
    return file === undefined ? [] : [dirname(file)];
  });
  const usual = defaultPath.split(':');
  const path = [
    ...usual,
    ...new Set(found.filter((directory) => directory.startsWith('/') && !usual.includes(directory))),
  ];
  return { program, path: path.join(':') };
}
