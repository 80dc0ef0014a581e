/** What export, import and relocate show: what is where now, and what to type next. */
import { basename, dirname } from 'node:path';
import type { ExportResult } from '../../operations/moving/export.ts';
import type { ImportResult } from '../../operations/moving/import.ts';
import type { RelocateResult } from '../../operations/moving/relocate.ts';
import { shellWord } from '../../system/process/shell-word.ts';
import { formatBytes, printable } from './style.ts';

export function exportLines({ client, output, profiles, withVault, bytes, skipped }: ExportResult): string[] {
  const what = withVault ? 'with its vault' : 'without the ciphertext, which lies on the remote';
  return [
    `${client} is exported to ${printable(output)}: ${profiles.join(', ')}, ${what}, ${formatBytes(bytes)}.`,
    ...skipped.map((name) => `  left out, a socket: ${printable(name)}`),
    '  Bring it in on another machine: cryptosync import FILE. What encrypts it is not in it: keep that elsewhere.',
  ];
}

export function importLines({
  client,
  directory,
  profiles,
  withVault,
  mounted,
  notes,
}: ImportResult): string[] {
  return [
    `${client} is brought in to ${printable(directory)}: ${profiles.join(', ')}.`,
    ...notes.map((note) => `  ${printable(note)}`),
    ...mounted.map((profile) => `  mounted: ${client}/${profile}`),
    ...(withVault ? [] : backFromRemote(client, profiles)),
  ];
}

export function relocateLines({ client, directory, from, profiles, notes }: RelocateResult): string[] {
  const without = profiles.filter(({ hasVault }) => !hasVault).map(({ profile }) => profile);
  return [
    from === null
      ? `${client} names ${printable(directory)} already.`
      : `${client} is at home in ${printable(directory)} now; it was set up as ${printable(from)}.`,
    ...notes.map((note) => `  ${printable(note)}`),
    ...profiles.flatMap(({ profile, schedule }) => scheduleLines(client, profile, schedule, from)),
    ...profiles
      .filter(({ hasVault }) => hasVault)
      .map(({ profile }) => `  next: cryptosync mount --client ${client}${option(profile)}`),
    ...(without.length === 0 ? [] : backFromRemote(client, without)),
  ];
}

function scheduleLines(
  client: string,
  profile: string,
  schedule: RelocateResult['profiles'][number]['schedule'],
  from: string | null,
): string[] {
  const mend = `cryptosync doctor --client ${client}${option(profile)} --fix`;
  switch (schedule) {
    case 'none':
      return [];
    case 'carried':
      return [`  the schedule of ${profile} came along`];
    case 'absent':
      return [
        `  the schedule of ${profile} does not stand on this machine; once nothing else runs it: ${mend}`,
      ];
    case 'failed':
      return [`  next: ${mend}`];
    case 'stays': {
      const old = from === null ? '' : ` --root ${shellWord(dirname(from))} --client ${basename(from)}`;
      return [
        `  the schedule of ${profile} is still that of the old tree; to let it run this one:`,
        `    cryptosync schedule remove${old}${option(profile)}`,
        `    ${mend}`,
      ];
    }
  }
}

function backFromRemote(client: string, profiles: readonly string[]): string[] {
  return profiles.map(
    (profile) =>
      `  the vault of ${profile} is not here; bring it back from the remote: cryptosync restore --client ${client}${option(profile)}`,
  );
}

function option(profile: string): string {
  return profile === 'default' ? '' : ` --profile ${profile}`;
}
