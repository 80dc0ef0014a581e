/** Profiles of a tree that comes from elsewhere: the same, with the paths of the tree that they are in now. */
import { basename, dirname, isAbsolute, relative } from 'node:path';
import { profileLayout } from '../../clients/layout.ts';
import type { ClientId, ProfileName } from '../../clients/names.ts';
import type { Profile } from '../../clients/profile.ts';
import { shownAddressesOf } from '../../clients/watching/schema.ts';

export type Profiles = ReadonlyMap<ProfileName, Profile>;

/** The part of a path below a directory; undefined for one that lies elsewhere. */
export function partBelow(directory: string, path: string): string | undefined {
  const part = relative(directory, path);
  return part === '' || part === '..' || part.startsWith('../') || isAbsolute(part) ? undefined : part;
}

/**
 * Which profile each vault belongs to: of several that share it the one whose usual place it has, else the first.
 * @param directory the client's directory that the profiles name. @returns encrypted directory → profile
 */
export function ownersOf(profiles: Profiles, directory: string): Map<string, ProfileName> {
  const owners = new Map<string, ProfileName>();
  for (const [name, { encryptedDir }] of profiles) {
    const usual = usualPlace(directory, name);
    if (!owners.has(encryptedDir) || encryptedDir === usual) owners.set(encryptedDir, name);
  }
  return owners;
}

/** Where the vault of a profile lies in a client's directory. */
export function usualPlace(directory: string, name: ProfileName): string {
  return profileLayout(dirname(directory), basename(directory) as ClientId, name).defaultEncryptedDir;
}

export interface Adapted {
  readonly profile: Profile;
  /** What the operator should know of paths that were not adapted. */
  readonly notes: readonly string[];
}

export interface Adaptation {
  /** The client's directory that the profiles were written for. */
  readonly from: string;
  /** The one that they are in now. */
  readonly to: string;
  /** Where its vault is now, when that does not follow from its path. */
  readonly encryptedDir?: string | undefined;
  /** Where it is mounted, when its path outside of the tree can't be used. */
  readonly mountDir?: string | undefined;
}

/** Where a path of the old tree is now; one that lies elsewhere stays as it is. */
export function movedPath({ from, to }: Pick<Adaptation, 'from' | 'to'>, path: string): string {
  const part = partBelow(from, path);
  return part === undefined ? path : `${to}/${part}`;
}

/** A profile with every path below the old tree put below the new one. */
export function adaptProfile(name: string, profile: Profile, way: Adaptation): Adapted {
  const moved = (path: string): string => movedPath(way, path);
  const { passwordFile, mappings } = profile;
  const adapted: Profile = {
    ...profile,
    encryptedDir: way.encryptedDir ?? moved(profile.encryptedDir),
    mountDir: way.mountDir ?? moved(profile.mountDir),
    ...(passwordFile === undefined ? {} : { passwordFile: moved(passwordFile) }),
    ...(mappings === undefined
      ? {}
      : {
          mappings: mappings.map((mapping) => ({
            ...mapping,
            ...(mapping.source === undefined ? {} : { source: moved(mapping.source) }),
          })),
        }),
  };
  const sources = (adapted.mappings ?? []).flatMap(({ source }) => (source === undefined ? [] : [source]));
  return {
    profile: adapted,
    notes: [
      ...(passwordFile === undefined
        ? []
        : [`${name} reads its password from ${adapted.passwordFile}: see that it is there`]),
      ...shownAddressesOf(profile).map((address) => `${name} tells ${address} of its runs`),
      ...sources.map((source) => `${name} syncs ${source}: see that it is there, and is what you mean`),
      ...(partBelow(way.to, adapted.encryptedDir) === undefined
        ? [`the vault of ${name} stays in ${adapted.encryptedDir}, outside of this tree`]
        : []),
    ],
  };
}

/** The programs that a profile names, as it would run them. */
export function commandsOf({
  passwordCommand,
  encryptionKeyCommand,
  encryptionSaltCommand,
  hooks: { before, after, onFailure, onRecovered } = {},
}: Profile): string[] {
  const programs = [before, after, onFailure, onRecovered].map((program) => program?.join(' '));
  return [passwordCommand, encryptionKeyCommand, encryptionSaltCommand, ...programs].filter(
    (each) => each !== undefined,
  );
}
