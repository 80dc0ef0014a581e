/** What `config get`, `set`, `unset`, `list` and `path` share: which configuration they are about. */
import { type ProfileLayout, profileLayout } from '../clients/layout.ts';
import { parseClientId, parseProfileName } from '../clients/names.ts';
import { settingsFile } from '../clients/settings.ts';
import { type KeyStore, profileKeyStore, settingsKeyStore } from '../operations/config/keys.ts';
import type { Context } from '../operations/context.ts';
import { type CommonFlags, CryptosyncCommand, waitOf } from './base-command.ts';
import { clientFlag, globalFlag, profileFlag, waitFlag } from './flags.ts';
import { printable } from './showing/style.ts';

export const configFlags = { client: clientFlag, profile: profileFlag, global: globalFlag, wait: waitFlag };

export interface ConfigFlags extends CommonFlags {
  readonly client?: string | undefined;
  readonly profile?: string | undefined;
  readonly global: boolean;
  readonly wait?: string | undefined;
}

export abstract class ConfigCommand extends CryptosyncCommand {
  protected storeFor(flags: ConfigFlags): KeyStore {
    const context = this.contextFor(flags);
    const wait = waitOf(flags.wait);
    if (flags.global) {
      const file = settingsFile(context.environment, context.userId);
      return settingsKeyStore(context, file, wait);
    }
    return profileKeyStore(context, this.layoutFor(context, flags), wait);
  }

  protected layoutFor(context: Context, flags: ConfigFlags): ProfileLayout {
    const client = parseClientId(flags.client ?? this.defaultClient);
    return profileLayout(context.root, client, parseProfileName(flags.profile ?? 'default'));
  }
}

/** A value on one line: text as it is, everything else as JSON. */
export function showValue(value: unknown): string {
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}
