import type { Profile } from '../../clients/profile.ts';
import { kindOf } from '../../system/files.ts';
import type { OtherProfile } from './other-profiles.ts';
import type { RemoteConfigPlan } from './remote-config.ts';
import type { UninstallRequest } from './request.ts';
/** What an uninstall leaves. */
export type Kept =
  /** `secret`: a file that the profile or its remote names, such as one with a password. */
  | { readonly kind: 'vault' | 'mount-point' | 'secret' | 'rest'; readonly place: string }
  /** A vault, or a file with a secret, that another profile needs. */
  | { readonly kind: 'needed'; readonly place: string }
  /** `place` is rclone.conf. */
  | { readonly kind: 'remote-config'; readonly place: string; readonly sections: readonly string[] }
  /** `place` is `name:path`; `isConfigured` while rclone.conf still knows how to get there. */
  | { readonly kind: 'remote'; readonly place: string; readonly isConfigured: boolean };

export function keptBy(
  { layout, purgeVault }: UninstallRequest,
  { encryptedDir, remote, passwordFile }: Profile,
  { removes, keeps, files }: RemoteConfigPlan,
  others: readonly OtherProfile[],
): Kept[] {
  const secrets = [...(passwordFile === undefined ? [] : [passwordFile]), ...files];
  const isConfLeft = kindOf(layout.rcloneConfig) !== 'none';
  return [
    ...(purgeVault ? [] : [unlessNeeded('vault', encryptedDir, others)]),
    ...(isConfLeft && (keeps.length > 0 || removes.length === 0)
      ? [{ kind: 'remote-config', place: layout.rcloneConfig, sections: keeps } as const]
      : []),
    ...(remote === undefined
      ? []
      : [
          {
            kind: 'remote',
            place: `${remote.name}:${remote.path}`,
            isConfigured: isConfLeft && !removes.includes(remote.name),
          } as const,
        ]),
    ...secrets.filter((path) => kindOf(path) !== 'none').map((path) => unlessNeeded('secret', path, others)),
  ];
}

function unlessNeeded(kind: 'vault' | 'secret', place: string, others: readonly OtherProfile[]): Kept {
  const isNeeded = others.some(({ needs }) => needs.includes(place));
  return { kind: isNeeded ? 'needed' : kind, place };
}
