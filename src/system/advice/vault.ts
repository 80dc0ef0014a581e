/** What may be advised about vaults and mounts. */
import type { NoFacts } from './facts.ts';

export interface VaultAdvice
  extends Record<
    | 'unmount-first'
    | 'choose-mount-directory'
    | 'compare-with-copy'
    | 'accept-vault'
    | 'accept-other-making'
    | 'compare-config'
    | 'mount-again-to-tell'
    | 'prove-then-sync-again'
    | 'restore-torn-config'
    | 'detach-unreadable-mount'
    | 'restore-missing-vault'
    | 'mount-read-only'
    | 'mount-for-owner-alone'
    | 'make-room-or-read-only'
    | 'look-in-system-log'
    | 'restore-outside-config'
    | 'try-configs-on-copy'
    | 'make-profile-for-password'
    | 'unmount-to-prove-password'
    | 'wait-for-daemon'
    | 'unmount-as-owner'
    | 'close-programs'
    | 'check-cipher'
    | 'copy-to-writable-disk'
    | 'restore-from-remote'
    | 'accept-rollback'
    | 'move-plaintext-away'
    | 'move-its-files-away'
    | 'restore-blocks'
    | 'rename-directory'
    | 'mount-for-machine',
    NoFacts
  > {
  'try-former-password': { readonly generation: number };
  'let-others-through': { readonly path: string };
  'unmount-in-namespace': { readonly pid: number };
  'unmount-foreign': { readonly mountDir: string };
  'unmount-elsewhere': { readonly mountPoint: string };
  'restore-cut-files': { readonly engine: string };
  'prove-by-mount': { readonly files: readonly string[] };
  'open-by-old-engine': { readonly configFile: string };
  'copy-config-back': { readonly configFile: string };
  'try-password-or-compare-config': { readonly configFile: string };
  'upgrade-by-hand': { readonly command: string };
}
