/** A profile, or the global settings, edited as one text: judged when it is handed in, and saved when it is right. */

import { verifyClientReachable } from '../../clients/home/reachable.ts';
import type { ProfileLayout } from '../../clients/layout.ts';
import { type Profile, parseProfile } from '../../clients/profile.ts';
import { readProfile } from '../../clients/profile-store.ts';
import { parseSettings, readSettings, type Settings } from '../../clients/settings.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { readTextIfPresent } from '../../system/files.ts';
import type { Context } from '../context.ts';
import { changeSettings, settingsPlace } from './keys.ts';
import { reviewDraft, verifyChange, writeDecided } from './profile-change.ts';

export type Submission =
  | { readonly kind: 'saved' }
  | { readonly kind: 'unchanged' }
  /** Nothing was changed. A reason is a line about a key, or the error that saving would end with. */
  | { readonly kind: 'refused'; readonly reasons: readonly (string | CryptosyncError)[] };

export interface Draft {
  /** The file that is edited. */
  readonly file: string;
  /** What the editor begins with. */
  readonly text: string;
  /** Can be called again with a better text after a refusal. */
  submit(text: string): Promise<Submission>;
}

/**
 * @param schema where the JSON schema lies, for the editor's completion.
 * @throws CLIENT_NOT_FOUND, PROFILE_NOT_FOUND
 */
export function profileDraft(context: Context, layout: ProfileLayout, schema: string, wait: number): Draft {
  const file = layout.profileFile;
  verifyClientReachable(layout);
  // a broken one is edited as it stands, so that it can be mended
  const base = readTextIfPresent(file) ?? JSON.stringify(readProfile(layout));
  const existing = validOr(base, file);
  let known = base;
  const change = (profile: Profile): Promise<void> =>
    writeDecided(context, { layout, wait, purpose: 'config' }, async () => {
      const text = readTextIfPresent(file) ?? JSON.stringify(readProfile(layout));
      if (text !== known) {
        known = text;
        throw changedMeanwhile('the profile was');
      }
      const current = validOr(text, file);
      const wanted = text === base ? profile : merged(existing, profile, current);
      if (current !== undefined) await verifyChange(layout, current, wanted);
      return { existing: current, wanted };
    });
  return {
    file,
    text:
      existing === undefined ? base : `${JSON.stringify({ $schema: schema, ...existing }, undefined, 2)}\n`,
    async submit(text) {
      const review = await reviewDraft(layout, existing, text);
      if (review.kind === 'unchanged') return review;
      if (review.kind === 'invalid') {
        return refused(review.issues.map(({ path, message }) => `${path}: ${message}`));
      }
      if (review.kind === 'refused') return refusedBy(review.error);
      return await saveOrTell(() => change(review.profile));
    },
  };
}

/** What was edited, put into what another command has made of the profile meanwhile, key by key. */
function merged<Config extends object>(
  base: Config | undefined,
  edited: Config,
  now: Config | undefined,
): Config {
  if (base === undefined || now === undefined) return edited;
  const isEdited = (key: string): boolean =>
    JSON.stringify(base[key as keyof Config]) !== JSON.stringify(edited[key as keyof Config]);
  const keptOf = (config: Config, keep: (key: string) => boolean): Partial<Config> =>
    Object.fromEntries(Object.entries(config).filter(([key]) => keep(key))) as Partial<Config>;
  return { ...keptOf(now, (key) => !isEdited(key)), ...keptOf(edited, isEdited) } as Config;
}

function validOr(text: string, file: string): Profile | undefined {
  try {
    return parseProfile(text, file);
  } catch {
    return undefined;
  }
}

function changedMeanwhile(what: string): CryptosyncError {
  return new CryptosyncError('CONFIG_INVALID', `${what} changed by another command while you edited`, {
    advice: { to: 'look-at-changes' },
  });
}

/** @throws USAGE for a user without a place for settings */
export function settingsDraft(context: Context, place: string | undefined, wait: number): Draft {
  const file = settingsPlace(place);
  const base = readSettings(file);
  const text = `${JSON.stringify(base, undefined, 2)}\n`;
  let known = base;
  const decide = (edited: Settings): Settings => {
    const now = readSettings(file);
    if (JSON.stringify(now) !== JSON.stringify(known)) {
      known = now;
      throw changedMeanwhile('the settings were');
    }
    return merged(base, edited, now);
  };
  return {
    file,
    text,
    async submit(edited) {
      if (edited === text) return { kind: 'unchanged' };
      return await saveOrTell(async () => {
        const settings = parseSettings(edited, file);
        await changeSettings(context, { file, wait }, () => decide(settings));
      });
    },
  };
}

/** What is refused is told, and the text is not lost. */
async function saveOrTell(save: () => Promise<void>): Promise<Submission> {
  try {
    await save();
    return { kind: 'saved' };
  } catch (error) {
    if (error instanceof CryptosyncError) return refusedBy(error);
    throw error;
  }
}

function refused(reasons: readonly (string | CryptosyncError)[]): Submission {
  return { kind: 'refused', reasons };
}

function refusedBy(error: CryptosyncError): Submission {
  return refused([error]);
}
