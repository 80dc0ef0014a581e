/** What may be advised about what the doctor found: short, most of it a command to type. */
import type { NoFacts } from './facts.ts';

export interface DoctorAdvice
  extends Record<
    | 'bring-it-back'
    | 'claim-again'
    | 'encrypt-swap'
    | 'mount-disk-or-restore'
    | 'look-for-disk-errors'
    | 'move-away-then-install'
    | 'ask-who-mounted'
    | 'unset-ca-bundle'
    | 'run-as-owner'
    | 'give-password-safely'
    | 'set-clock'
    | 'make-room'
    | 'load-fuse-now'
    | 'let-others-mount',
    NoFacts
  > {
  'install-profile': { readonly client: string; readonly profile: string };
  'install-without-links': { readonly client: string; readonly profile: string };
  'install-client': { readonly client: string };
  'let-doctor-fix': { readonly client: string; readonly profile: string };
  'mount-profile': { readonly client: string; readonly profile: string };
  'unmount-profile': { readonly client: string; readonly profile: string };
  'sync-profile': { readonly client: string; readonly profile: string };
  'edit-this-profile': { readonly client: string; readonly profile: string };
  'give-profile-remote': { readonly client: string; readonly profile: string };
  'choose-remote-path': { readonly client: string; readonly profile: string };
  'set-password-file': { readonly client: string; readonly profile: string };
  'configure-remotes': { readonly client: string };
  'bring-file-back': { readonly file: string };
  'mount-disk-or-sync': { readonly client: string; readonly profile: string };
  'own-directory': { readonly path: string };
  'link-again': { readonly path: string; readonly target: string };
  'remove-path': { readonly path: string };
  'unmount-path': { readonly path: string };
  'detach-path': { readonly path: string };
  'end-daemon': { readonly pid: number };
  'take-strays-in': { readonly client: string; readonly profile: string; readonly mountDir: string };
  'make-immutable': { readonly path: string };
  'remove-marker': { readonly place: string };
  'end-holder': { readonly pid: number };
  'shred-password-file': { readonly path: string };
  'set-mode': { readonly path: string; readonly mode: number };
  'close-to-others': { readonly path: string };
  'set-owner': { readonly path: string; readonly owner: number };
  'make-log-directory': { readonly directory: string };
  'schedule-again': NoFacts;
  'move-schedule-file-away': { readonly path: string };
  'turn-unit-on': { readonly unit: string; readonly isUsers: boolean };
  'look-at-unit': { readonly unit: string; readonly isUsers: boolean };
  'look-at-cron': NoFacts;
  'open-fuse-device': { readonly device: string };
}
