/** What the commands of `session` share: which server they speak to, and about whom. */
import * as Flags from '@oclif/core/flags';
import { parseClientId } from '../clients/names.ts';
import type { Context } from '../operations/context.ts';
import type { ServerPlace } from '../operations/server/connection.ts';
import { serverSocket } from '../operations/server/socket.ts';
import { type CommonFlags, CryptosyncCommand } from './base-command.ts';

export const tenantFlag = Flags.string({
  char: 'c',
  aliases: ['client-id', 'tenant'],
  description: 'the tenant: a client by name',
  env: 'CRYPTOSYNC_CLIENT',
  helpValue: 'ID',
});

export interface ServerFlags extends CommonFlags {
  readonly socket?: string | undefined;
  readonly server?: string | undefined;
  readonly 'token-file'?: string | undefined;
  readonly 'ca-file'?: string | undefined;
}

export abstract class SessionCommand extends CryptosyncCommand {
  protected placeFor(flags: ServerFlags, { environment, signal }: Context): ServerPlace {
    return {
      address: flags.server ?? flags.socket ?? serverSocket(environment),
      tokenFile: flags['token-file'],
      authorityFile: flags['ca-file'],
      signal,
    };
  }

  /** @throws INVALID_CLIENT_ID */
  protected tenantOf({ client }: { readonly client?: string | undefined }): string {
    return parseClientId(client ?? this.defaultClient);
  }
}
