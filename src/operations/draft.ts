/** A profile, or the global settings, edited as one text: judged when it is handed in, and saved when it is right. */
import type { ProfileLayout } from '../clients/layout.ts';
import { type Profile, parseProfile } from '../clients/profile.ts';
import { readProfile } from '../clients/profile-store.ts';
import { parseSettings, readSettings } from '../clients/settings.ts';
import { CryptosyncError } from '../system/errors.ts';
import { readTextIfPresent } from '../system/files.ts';
import { settingsPlace, writeSettings } from './config.ts';
import type { Context } from './context.ts';
import { changeProfile, reviewDraft } from './profile-change.ts';

export type Submission =
  | { readonly kind: 'saved' }
  | { readonly kind: 'unchanged' }
  /** Nothing was changed; the reasons are for people. */
  | { readonly kind: 'refused'; readonly reasons: readonly string[] };

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
  // a broken one is edited as it stands, so that it can be mended
  let base = readTextIfPresent(file) ?? JSON.stringify(readProfile(layout));
  const existing = validOr(base, file);
  const change = (profile: Profile): Promise<void> =>
    changeProfile(context, layout, wait, async () => {
      const now = readTextIfPresent(file) ?? '';
      if (now === base) return profile;
      base = now;
      throw changedMeanwhile();
    });
  return {
    file,
    text:
      existing === undefined ? base : `${JSON.stringify({ $schema: schema, ...existing }, undefined, 2)}\n`,
    async submit(text) {
      const review = await reviewDraft(layout, validOr(base, file), text);
      if (review.kind === 'unchanged') return review;
      if (review.kind === 'invalid') {
        return refused(review.issues.map(({ path, message }) => `${path}: ${message}`));
      }
      if (review.kind === 'refused') return refusedBy(review.error);
      return await saveOrTell(() => change(review.profile));
    },
  };
}

function validOr(text: string, file: string): Profile | undefined {
  try {
    return parseProfile(text, file);
  } catch {
    return undefined;
  }
}

function changedMeanwhile(): CryptosyncError {
  return new CryptosyncError(
    'CONFIG_INVALID',
    'the profile was changed by another command while you edited',
    {
      hint: 'Look what it has changed with config list. Save once more to put yours in its place.',
    },
  );
}

/** @throws USAGE for a user without a place for settings */
export function settingsDraft(file: string | undefined): Draft {
  const place = settingsPlace(file);
  const text = `${JSON.stringify(readSettings(place), undefined, 2)}\n`;
  return {
    file: place,
    text,
    async submit(edited) {
      if (edited === text) return { kind: 'unchanged' };
      return await saveOrTell(async () => writeSettings(place, parseSettings(edited, place)));
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

function refused(reasons: readonly string[]): Submission {
  return { kind: 'refused', reasons };
}

function refusedBy({ message, hint }: CryptosyncError): Submission {
  return refused(hint === undefined ? [message] : [message, hint]);
}
