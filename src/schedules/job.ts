/** A job that a schedule has for a profile: what runs when, by which system. */
import type { ProfileLayout } from '../clients/layout.ts';
import type { Program } from '../clients/scripts.ts';

export const jobKinds = ['sync', 'mount', 'verify', 'drill'] as const;
export type JobKind = (typeof jobKinds)[number];

/** Those that a schedule is written for on this machine. */
export const hostSystems = ['systemd', 'cron'] as const;
export type HostSystem = (typeof hostSystems)[number];

/** When a mount happens; every other job has a time. */
export const atBoot = 'at-boot';

export const credentialNames = ['password', 'key', 'salt'] as const;

/** A file that systemd hands to a unit as a credential. */
export interface Credential {
  readonly name: (typeof credentialNames)[number];
  readonly file: string;
  /** Made by systemd-creds. */
  readonly isEncrypted: boolean;
}

/** How this program is called when nobody's shell is around. */
export interface Call {
  readonly program: Program;
  /** PATH, with every directory in which the tools were found. */
  readonly path: string;
  /** A log and global settings that are not where the program looks by itself. */
  readonly logFile?: string | undefined;
  readonly settingsFile?: string | undefined;
}

export interface Job {
  readonly kind: JobKind;
  /** As the operator wrote it: a systemd calendar or cron expression, or `at-boot`. */
  readonly when: string;
  readonly using: HostSystem;
  /** The user's own systemd or crontab, not the machine's. */
  readonly isUsers: boolean;
  /** Where its files lie, when not where the system looks. */
  readonly directory?: string | undefined;
  /** Milliseconds by which it may come later, so that many do not come at once. */
  readonly jitter: number;
  /** A unit of the operator's, which systemd starts when the job fails. */
  readonly onFailure?: string | undefined;
  readonly credentials: readonly Credential[];
  readonly call: Call;
  /** When it was put on the schedule, ISO 8601. */
  readonly since: string;
}

/** Whose job it is, and what a run of it needs. */
export interface Owner {
  readonly root: string;
  readonly layout: ProfileLayout;
  readonly encryptedDir: string;
  readonly mountDir: string;
}

/** How long a job waits for another run on the same vault, before it ends with 75. */
const patience = '1h';

const argumentsOf: Readonly<Record<JobKind | 'unmount', readonly string[]>> = {
  sync: ['--wait', patience],
  mount: ['--wait', patience],
  unmount: [],
  verify: [],
  drill: ['--drill'],
};

/** The words of a job's command, the program first. */
export function commandOf(
  kind: JobKind | 'unmount',
  owner: Pick<Owner, 'root' | 'layout'>,
  { program, logFile }: Call,
): string[] {
  return [program.node, program.script, ...wordsOf(kind, owner, logFile)];
}

/** The same without the program. */
export function wordsOf(
  kind: JobKind | 'unmount',
  { root, layout }: Pick<Owner, 'root' | 'layout'>,
  logFile: string | undefined,
): string[] {
  return [
    kind === 'drill' ? 'verify' : kind,
    ...['--root', root, '--client', layout.client, '--profile', layout.profile],
    ...argumentsOf[kind],
    ...(logFile === undefined ? [] : ['--log-file', logFile]),
    ...['--quiet', '--no-input'],
  ];
}

export interface ServerPlace {
  readonly root: string;
  readonly listen: string;
  /** Where other nodes and their clients reach it. */
  readonly address: string;
  readonly workloads: string;
  readonly token: string;
  readonly certificate: string;
  readonly key: string;
  readonly drainSeconds: number;
}

/** The words of a node of sessions. */
export function serverWords(place: ServerPlace): string[] {
  return [
    'serve',
    ...['--root', place.root, '--listen', place.listen, '--advertise', place.address],
    ...['--workloads', place.workloads, '--token-file', place.token],
    ...['--tls-cert', place.certificate, '--tls-key', place.key, '--drain', `${place.drainSeconds}s`],
  ];
}

/** What a run gets in its environment besides what its system gives. */
export function environmentOf({ path, settingsFile }: Call): [name: string, value: string][] {
  return [
    ['PATH', path],
    ...(settingsFile === undefined ? [] : [['CRYPTOSYNC_CONFIG', settingsFile] as [string, string]]),
  ];
}
