/**
 * The units of a job: a service, and a timer unless it comes at boot. A sync or a mount gets no option that makes a
 * mount namespace of its own (PrivateTmp, ProtectSystem and the like): a mount made in one is seen by that unit only,
 * and an unmount in one leaves the host's where it is.
 */
import { dirname } from 'node:path';
import { nameOf } from '../../clients/layout.ts';
import { type Credential, commandOf, environmentOf, type Job, type JobKind, type Owner } from '../job.ts';
import { marked } from '../marker.ts';
import type { When } from '../when/when.ts';
import { commandWord, quoted, unspecified } from './words.ts';

export interface Unit {
  /** `cryptosync-sync-client1-default.timer` */
  readonly name: string;
  readonly text: string;
}

/** The names of a job's units; the timer is that of every job but a mount's. */
export function unitNames(
  kind: JobKind,
  { layout }: Pick<Owner, 'layout'>,
): { service: string; timer: string | undefined } {
  const name = `cryptosync-${kind}-${layout.client}-${layout.profile}`;
  return { service: `${name}.service`, timer: kind === 'mount' ? undefined : `${name}.timer` };
}

/** @param when undefined for a mount */
export function renderUnits(job: Job, owner: Owner, when: When | undefined): Unit[] {
  const { service, timer } = unitNames(job.kind, owner);
  const unit = (name: string, body: string): Unit => ({
    name,
    text: marked(
      job.kind,
      owner,
      `# It is made anew with the schedule. Changes of yours belong into a drop-in: systemctl edit\n${body}`,
    ),
  });
  return [
    unit(service, serviceText(job, owner)),
    ...(timer === undefined || when === undefined ? [] : [unit(timer, timerText(job, owner, when))]),
  ];
}

const titles: Readonly<Record<JobKind, string>> = {
  sync: 'Sync of',
  mount: 'Vault of',
  verify: 'Check of the remote of',
  drill: 'Rehearsed return of',
};

function serviceText(job: Job, owner: Owner): string {
  const { kind, isUsers, onFailure } = job;
  const command = (of: JobKind | 'unmount'): string =>
    commandOf(of, owner, job.call).map(commandWord).join(' ');
  const isMount = kind === 'mount';
  return (
    section('Unit', [
      `Description=${unspecified(`${titles[kind]} ${nameOf(owner.layout)}`)}`,
      ...(isMount || isUsers ? [] : ['Wants=network-online.target', 'After=network-online.target']),
      `RequiresMountsFor=${neededPaths(kind, owner).map(quoted).join(' ')}`,
      ...(onFailure === undefined ? [] : [`OnFailure=${onFailure}`]),
    ]) +
    section('Service', [
      'Type=oneshot',
      // the engine's daemon lives in the unit's control group, and is ended with it
      ...(isMount ? ['RemainAfterExit=yes'] : []),
      ...environmentOf(job.call).map((pair) => `Environment=${quoted(pair.join('='))}`),
      ...job.credentials.map((credential) => credentialLine(owner, credential)),
      `ExecStart=${command(kind)}`,
      ...(isMount
        ? [`ExecStop=${command('unmount')}`]
        : // 75: somebody else was at work on it, and the next run makes up for that
          ['SuccessExitStatus=75', 'UMask=0077', ...(isUsers ? [] : hardening)]),
    ]) +
    (isMount ? section('Install', [`WantedBy=${isUsers ? 'default' : 'multi-user'}.target`]) : '')
  );
}

/**
 * What takes nothing away that a run needs, and no mount from the host. A user's systemd would make NoNewPrivileges of
 * them, with which fusermount3 mounts nothing.
 */
const hardening = [
  'LockPersonality=yes',
  'RestrictRealtime=yes',
  'SystemCallArchitectures=native',
  'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
];

/** What has to be mounted before; the vault's own mount directory is what a run makes itself. */
function neededPaths(kind: JobKind, { layout, encryptedDir, mountDir }: Owner): string[] {
  return [...new Set([layout.directory, encryptedDir, ...(kind === 'mount' ? [dirname(mountDir)] : [])])];
}

function credentialLine({ layout }: Owner, { name, file, isEncrypted }: Credential): string {
  const suffix = name === 'password' ? '' : `-${name}`;
  const id = `cryptosync-${layout.client}-${layout.profile}${suffix}`;
  return `LoadCredential${isEncrypted ? 'Encrypted' : ''}=${id}:${unspecified(file)}`;
}

function timerText({ kind, jitter }: Job, { layout }: Owner, when: When): string {
  return (
    section('Unit', [`Description=${unspecified(`${titles[kind]} ${nameOf(layout)}, by time`)}`]) +
    section('Timer', [
      ...when.calendar.map((expression) => `OnCalendar=${unspecified(expression)}`),
      // fixed: the same unit comes at the same time every night
      ...(jitter === 0 ? [] : [`RandomizedDelaySec=${Math.ceil(jitter / 1000)}s`, 'FixedRandomDelay=yes']),
      'Persistent=yes',
    ]) +
    section('Install', ['WantedBy=timers.target'])
  );
}

function section(name: string, lines: readonly string[]): string {
  return `\n[${name}]\n${lines.join('\n')}\n`;
}
