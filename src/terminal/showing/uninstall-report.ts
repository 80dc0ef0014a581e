/** What uninstall shows: what it would do, what it asks, what it did, and how the rest is removed by hand. */
import { nameOf, type ProfileLayout } from '../../clients/layout.ts';
import type { Kept } from '../../operations/uninstall/kept.ts';
import { planDocument, type UninstallPlan } from '../../operations/uninstall/plan.ts';
import type { UninstallRequest } from '../../operations/uninstall/request.ts';
import type { UninstallResult } from '../../operations/uninstall/uninstall.ts';
import { shellWord } from '../../system/process/shell-word.ts';
import { count, printable } from './style.ts';

export function planLines(request: UninstallRequest, plan: UninstallPlan): string[] {
  const { removes, keeps } = planDocument(request, plan);
  return [
    ...removes.map((what) => `would remove ${printable(what)}`),
    ...keeps.map((what) => `would keep ${printable(what)}`),
  ];
}

/** What has to be confirmed; undefined when nothing is purged. */
export function purgeQuestion(
  { layout, purgeVault }: UninstallRequest,
  { profile, remoteConfig: { removes } }: UninstallPlan,
): string | undefined {
  const what = [
    ...(purgeVault ? [`the vault in ${profile.encryptedDir}`] : []),
    ...(removes.length === 0
      ? []
      : [
          `${removes.map((name) => `[${name}]`).join(' and ')} with its credentials from ${layout.rcloneConfig}`,
        ]),
  ];
  return what.length === 0 ? undefined : `This removes ${printable(what.join(', and '))} for good.`;
}

/** The result as `--json` prints it. */
export interface UninstallDocument extends Omit<UninstallResult, 'kept'> {
  readonly kept: readonly string[];
  /** Commands that remove what was kept. */
  readonly byHand: readonly string[];
}

export function uninstallDocument(
  layout: ProfileLayout,
  { kept, ...result }: UninstallResult,
): UninstallDocument {
  return { ...result, kept: kept.map(({ place }) => place), byHand: commandsFor(layout, kept) };
}

export function resultLines(layout: ProfileLayout, { removed, kept }: UninstallResult): string[] {
  const commands = commandsFor(layout, kept);
  return [
    `${nameOf(layout)} is removed (${count(removed.length, 'path')}).`,
    ...kept.map(({ place }) => `  kept ${printable(place)}`),
    ...(commands.length === 0 ? [] : ['What was kept is removed by hand, when nobody needs it any more:']),
    ...commands.map((command) => `  ${printable(command)}`),
  ];
}

/** While rclone.conf knows the remote, it can be emptied by it: that comes before the configuration goes. */
const order: readonly Kept['kind'][] = ['remote', 'remote-config', 'vault', 'mount-point', 'secret', 'rest'];

function commandsFor(layout: ProfileLayout, kept: readonly Kept[]): string[] {
  return order.flatMap((kind) =>
    kept.filter((one) => one.kind === kind).flatMap((one) => commandFor(layout, one)),
  );
}

function commandFor({ client, rcloneConfig }: ProfileLayout, kept: Kept): string[] {
  const path = shellWord(kept.place);
  switch (kept.kind) {
    case 'remote':
      return kept.isConfigured ? [`rclone --config ${shellWord(rcloneConfig)} purge ${path}`] : [];
    case 'remote-config':
      return kept.sections.map(
        (name) => `cryptosync rclone-config --client ${client} -- delete ${shellWord(name)}`,
      );
    case 'needed':
      return [];
    case 'vault':
    case 'rest':
      return [`rm -r ${path}`];
    case 'mount-point':
      // one that could not be made writable again is still immutable
      return [`chattr -i ${path}; rmdir ${path}`];
    case 'secret':
      return [`rm ${path}`];
  }
}
