/**
 * A profile has absolute paths. When its tree is copied or moved, to another root or another name, they still lead to
 * the old place: a command that followed them would work there, on another copy of the vault, and under other locks.
 */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { CryptosyncError } from '../../system/errors.ts';
import { kindOf } from '../../system/files.ts';
import { whySick } from '../../system/stores/stores.ts';
import { engineNamed } from '../../vaults/engines/engines.ts';
import { inspectEncryptedDirectory } from '../../vaults/vault-directory.ts';
import type { FormerProfile } from '../former-tree.ts';
import { type ProfileLayout, profileLayout } from '../layout.ts';
import { defaultProfile } from '../names.ts';
import type { Profile } from '../profile.ts';
import { recordedHome } from '../summary.ts';

/**
 * The client's directory that a profile was written for, when that is not the one it lies in; undefined for all that
 * is in order, a vault on another disk too.
 */
export function formerHome(
  layout: ProfileLayout,
  profile: Pick<Profile, 'engine' | 'encryptedDir' | 'mountDir'>,
): string | undefined {
  const own = `${layout.directory}/`;
  const { encryptedDir, mountDir } = profile;
  const isOwnVault = encryptedDir.startsWith(own);
  if (isOwnVault && mountDir.startsWith(own)) return undefined;
  // what the tree itself says of where it was set up
  const recorded = isOwnVault ? undefined : recordedHome(layout);
  if (recorded !== undefined && !isSameDirectory(recorded, layout.directory)) return recorded;
  const homes = [homeIn(encryptedDir, 'encrypted'), homeIn(mountDir, 'decrypted')];
  return homes.find(
    (home) =>
      home !== undefined &&
      !isSameDirectory(home, layout.directory) &&
      (isTree(home, layout) || isVaultHereAlone(layout, profile)),
  );
}

/** @throws CONFIG_INVALID that says what lies where */
export function verifyHome(layout: ProfileLayout, profile: Profile): void {
  const home = formerHome(layout, profile);
  if (home === undefined) return;
  const here = vaultHere(layout, profile.engine);
  const found = whatLiesBeside(here);
  throw new CryptosyncError(
    'CONFIG_INVALID',
    `the tree in ${layout.directory} was set up as ${home}, and its profile ${layout.profile} still names ${profile.encryptedDir}; ${found}`,
    {
      advice: { to: 'relocate-tree', client: layout.client, home },
      details: { home, encryptedDir: profile.encryptedDir, here: here ?? null },
    },
  );
}

/** The same for a profile of the former scripts, which nothing but its operator changes. @throws CONFIG_INVALID */
export function verifyFormerHome(layout: ProfileLayout, former: FormerProfile): void {
  const { file, engine } = former;
  const { encryptedDir = layout.defaultEncryptedDir, mountDir = layout.defaultMountDir } = former;
  const home = formerHome(layout, { engine, encryptedDir, mountDir });
  if (home === undefined) return;
  const here = vaultHere(layout, engine);
  throw new CryptosyncError(
    'CONFIG_INVALID',
    `${file} was written for ${home}, and still names ${encryptedDir}; ${whatLiesBeside(here)}`,
    { advice: { to: 'mend-former-paths', file }, details: { home, encryptedDir, here: here ?? null } },
  );
}

function whatLiesBeside(here: string | undefined): string {
  return here === undefined ? 'no vault lies beside it' : `the vault that lies beside it is in ${here}`;
}

/** The client's directory in a path of a vault in its usual place. */
function homeIn(path: string, name: 'encrypted' | 'decrypted'): string | undefined {
  return new RegExp(`^(/.+)/vault/(?:[^/]+/)?${name}$`).exec(path)?.[1];
}

function isTree(home: string, { profile }: ProfileLayout): boolean {
  const config = `${home}/cryptosync/config`;
  return isThere(`${config}/${profile}.json`) || isThere(`${config}/cryptosync.${profile}.conf`);
}

/** A vault in the usual place of this tree, and none where the profile says. */
function isVaultHereAlone(
  layout: ProfileLayout,
  { engine, encryptedDir }: Pick<Profile, 'engine' | 'encryptedDir'>,
): boolean {
  if (vaultHere(layout, engine) === undefined || whySick(encryptedDir) !== undefined) return false;
  return inspectEncryptedDirectory(engineNamed(engine), encryptedDir).kind !== 'vault';
}

/** Where a vault lies in the tree itself: in the profile's own place, or in the one that it may share. */
function vaultHere(layout: ProfileLayout, engine: Profile['engine']): string | undefined {
  const { directory, client, defaultEncryptedDir } = layout;
  const shared = profileLayout(dirname(directory), client, defaultProfile);
  return [defaultEncryptedDir, shared.defaultEncryptedDir].find(
    (path) => inspectEncryptedDirectory(engineNamed(engine), path).kind === 'vault',
  );
}

function isThere(path: string): boolean {
  return whySick(path) === undefined && kindOf(path) !== 'none';
}

/** Two names of one directory, such as a link to a disk; one that can't be looked at is another. */
function isSameDirectory(a: string, b: string): boolean {
  if (a === b) return true;
  if (whySick(a) !== undefined) return false;
  const [one, other] = [a, b].map((path) => statSync(path, { throwIfNoEntry: false }));
  return one !== undefined && other !== undefined && one.dev === other.dev && one.ino === other.ino;
}
