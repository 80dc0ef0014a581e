/** What may be advised about the machine: tools, FUSE, disks, files. */
import type { NoFacts } from './facts.ts';

export interface MachineAdvice
  extends Record<
    | 'load-fuse'
    | 'load-fuse-module'
    | 'allow-other-users'
    | 'mend-then-install'
    | 'run-as-root-then-install'
    | 'check-load'
    | 'check-path-and-permissions'
    | 'mend-store'
    | 'try-later'
    | 'check-full-disk'
    | 'look-at-systemd'
    | 'install-cron',
    NoFacts
  > {
  'install-tools': { readonly packages: readonly string[]; readonly command: string | undefined };
  'give-device-access': { readonly device: string };
  'check-fuse': { readonly said: string };
  'install-by-hand': { readonly packages: readonly string[] };
  'check-program': { readonly program: string };
}
