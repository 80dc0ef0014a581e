/** What `sync --rekey` shows: what moved where, and what is left to the operator. */
import type { ProfileLayout } from '../clients/layout.ts';
import type { Context } from '../operations/context.ts';
import { nameOf } from '../operations/recorded.ts';
import { rekeyProfile } from '../operations/sync/rekey.ts';
import { CryptosyncError } from '../system/errors.ts';
import { type Manner, type Reporter, waitOf } from './base-command.ts';
import { type NewKeyFlags, newKeyProvider } from './encryption-keys.ts';
import { cryptSettingsOf, type InstallFlags } from './install-report.ts';
import { type PasswordFlags, passwordProvider } from './passwords.ts';
import { count, printable } from './style.ts';
import { syncProgress } from './sync-report.ts';

type RekeyFlags = NewKeyFlags &
  PasswordFlags &
  Pick<InstallFlags, 'filename-encryption' | 'directory-name-encryption'> & {
    readonly 'new-path'?: string | undefined;
    readonly remount: boolean;
    readonly wait?: string | undefined;
  };

/** @throws USAGE for several profiles: each has a key of its own */
export async function carryOutRekey(
  context: Context,
  layouts: readonly ProfileLayout[],
  flags: RekeyFlags,
  manner: Manner,
  reporter: Reporter,
): Promise<object> {
  const [layout] = layouts;
  if (layout === undefined || layouts.length > 1) {
    throw new CryptosyncError('USAGE', 'a key is changed for one profile at a time', {
      hint: 'Name it: --client ID --profile NAME',
    });
  }
  const result = await rekeyProfile(context, {
    layout,
    newKey: newKeyProvider(context, flags, manner),
    crypt: cryptSettingsOf({ ...flags, crypt: false }),
    newPath: flags['new-path'],
    remount: flags.remount,
    password: passwordProvider(context, flags, manner, false),
    wait: waitOf(flags.wait),
    ...syncProgress(`Moving ${nameOf(layout)} to the new key`, manner),
  });
  for (const { from, to, files } of result.moved) {
    reporter.say(
      `${nameOf(layout)}: ${count(files, 'file')} sent to ${printable(to)}, read back and compared`,
    );
    reporter.say(`  the old data is still in ${printable(from)}; when you no longer need it:`);
    reporter.say(`  rclone purge --config ${layout.rcloneConfig} '${printable(from)}'`);
  }
  reporter.say('From now on this profile is synced with the new key.');
  return reporter.finish(result, undefined);
}
