/** What is asked of an uninstall. */
import type { ProfileLayout } from '../../clients/layout.ts';

export interface UninstallRequest {
  readonly layout: ProfileLayout;
  /** Also removes the encrypted directory and all that is in it. */
  readonly purgeVault: boolean;
  /** Also takes the profile's own remote out of rclone.conf, with its credentials. */
  readonly purgeRemoteConfig: boolean;
  /** A directory in which links may stand besides those that the summary knows. */
  readonly binDirectory: string | undefined;
  readonly wait: number;
}
