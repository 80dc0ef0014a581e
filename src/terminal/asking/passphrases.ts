/** What locks and opens an exported file, out of flags, the environment or a prompt. */
import type { Context } from '../../operations/context.ts';
import type { ExportKeyProvider } from '../../operations/moving/import.ts';
import type { KeyKind } from '../../operations/moving/opened-file.ts';
import { type AgeKey, type AgeLock, verifyRecipients } from '../../secrets/age.ts';
import { readPassphrase } from '../../secrets/passphrase.ts';
import { Secret } from '../../secrets/secret.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { readStdin } from '../../system/stdin.ts';
import { readPatiently } from '../../system/waiting.ts';
import type { Manner } from '../base-command.ts';
import { attempts, promptForSecret } from './passwords.ts';

export interface PassphraseFlags {
  readonly 'passphrase-file'?: string | undefined;
  readonly 'passphrase-command'?: string | undefined;
}

/** @throws USAGE when both are given, INVALID_ENCRYPTION_KEY */
export async function lockFor(
  context: Context,
  flags: PassphraseFlags & { readonly recipient?: readonly string[] | undefined },
  manner: Manner,
): Promise<() => Promise<AgeLock>> {
  const { recipient: recipients = [] } = flags;
  if (recipients.length === 0)
    return async () => ({ passphrase: await passphraseFor(context, flags, manner, true) });
  if (flags['passphrase-file'] !== undefined || flags['passphrase-command'] !== undefined) {
    throw new CryptosyncError('USAGE', 'a recipient and a passphrase are given', {
      advice: { to: 'choose-one-lock' },
    });
  }
  await verifyRecipients(recipients);
  return async () => ({ recipients });
}

/** What opens a file of either kind. */
export function keyFor(
  context: Context,
  flags: PassphraseFlags & { readonly identity?: string | undefined },
  manner: Manner,
): ExportKeyProvider {
  const { identity } = flags;
  let typed = 0;
  const counting = { ...manner, onAsked: () => (typed += 1) };
  const provide = async (kind: KeyKind): Promise<AgeKey> => {
    if (kind === 'passphrase') return { passphrase: await passphraseFor(context, flags, counting, false) };
    if (identity === undefined) {
      throw new CryptosyncError('KEY_REQUIRED', 'the identity that opens the file is needed', {
        advice: { to: 'give-identity' },
      });
    }
    return { identities: new Secret(await readIdentity(identity, context.signal)) };
  };
  const mayAskAgain = (): boolean => typed > 0 && typed < attempts && !context.signal?.aborted;
  return Object.assign(provide, { mayAskAgain });
}

async function readIdentity(path: string, signal: AbortSignal | undefined): Promise<Buffer> {
  if (path === '-') return await readStdin(signal);
  return await readPatiently(path, { longest: 1024 * 1024, deadline: 120_000, signal });
}

async function passphraseFor(
  { environment, signal, warn }: Context,
  flags: PassphraseFlags,
  manner: Pick<Manner, 'mayPrompt'> & { readonly onAsked?: () => void },
  isNew: boolean,
): Promise<Secret> {
  return await readPassphrase(
    {
      file: flags['passphrase-file'],
      command: flags['passphrase-command'],
      prompt: manner.mayPrompt
        ? () => {
            manner.onAsked?.();
            return promptForSecret('passphrase', 'the exported file', isNew, signal);
          }
        : undefined,
      subject: 'the exported file',
    },
    { environment, signal, warn, readStdin: () => readStdin(signal) },
  );
}
