/** The page to print for the day that everything burned: what it needs, out of a vault that the password opens. */
import { randomUUID } from 'node:crypto';
import { nameOf, type ProfileLayout } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import { readProfile } from '../../clients/profile-store.ts';
import { parseRcloneConf } from '../../remotes/configuration.ts';
import { recorded } from '../../runs/recorded.ts';
import type { Secret } from '../../secrets/secret.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { kindOf } from '../../system/files.ts';
import { readTrustedText } from '../../system/paths/trust.ts';
import { defaultMountOptions } from '../../vaults/engines/engine.ts';
import { topFileReader } from '../../vaults/engines/top-file.ts';
import {
  mountVault,
  stateOfVault,
  unmountVault,
  type Vault,
  verifyInitialised,
} from '../../vaults/mounting.ts';
import { verifyProven } from '../../vaults/proof.ts';
import type { Around, Context, PasswordProvider } from '../context.ts';
import { vaultLockRequest } from '../locks.ts';
import { writeNewFile } from '../moving/new-file.ts';
import { settleVault } from '../settle.ts';
import { verifyKeptOut } from '../sync/kept-out.ts';
import { underLocksAfterAsking } from '../under-locks.ts';
import { passwordSourceOf, vaultOf, verifyWhole } from '../vault-of.ts';
import { type RecoveryFacts, type RecoverySecrets, recoveryFacts } from './facts.ts';

export interface SheetRequest {
  readonly layout: ProfileLayout;
  readonly password: PasswordProvider;
  /** Words the page. */
  readonly page: (facts: RecoveryFacts, secrets: RecoverySecrets) => Promise<string>;
  /** A file that is not there yet; undefined gives the page back. */
  readonly output: string | undefined;
  readonly wait: number;
  readonly around?: Around | undefined;
}

export interface SheetResult {
  readonly client: string;
  readonly profile: string;
  /** Whether the page opens the vault without its password. */
  readonly hasMasterKey: boolean;
  readonly output: string | null;
  /** The page itself, where it was written to no file. */
  readonly page?: string;
}

/** @throws WRONG_PASSWORD, VAULT_MISMATCH, CONFIG_INVALID when something stands at `output`; VAULT_MOUNTED */
export async function recoverySheet(context: Context, request: SheetRequest): Promise<SheetResult> {
  const { layout, wait, around, output } = request;
  return await underLocksAfterAsking<{ profile: Profile; vault: Vault }, Secret, SheetResult>(
    context,
    {
      wait,
      around,
      record: (run) =>
        recorded(context, { layout, operation: 'recovery-sheet' }, run, () => ({
          outcome: 'made',
          did: output ?? 'on the terminal',
        })),
    },
    {
      async look() {
        const profile = readProfile(layout);
        const vault = vaultOf(layout, profile);
        verifyInitialised(vault.engine, vault.encryptedDir);
        if (output !== undefined) {
          if (kindOf(output) !== 'none') throw taken(output);
          verifyKeptOut(context.root, output, 'the recovery sheet', 'in no source either');
        }
        if (vault.engine.masterKey === undefined) await verifyUnmounted(layout, vault);
        return { profile, vault };
      },
      locks: ({ vault }) => [vaultLockRequest(layout, vault.encryptedDir, 'recovery-sheet')],
      ask: ({ profile }) => request.password(layout, profile),
      question: ({ vault, profile }) => [vault.encryptedDir, ...passwordSourceOf(profile)],
      forget: (password) => password.wipe(),
      async act({ profile, vault }, password) {
        await settleVault(context, layout, profile, vault);
        const masterKey = await provePassword(context, vault, password);
        // a key out of another vault's configuration would be found out on the very day
        if (!verifyProven(vault).isProven) throw unproven(layout);
        const facts = recoveryFacts(context, layout, profile);
        const page = await request.page(facts, secretsOf(layout, vault, masterKey));
        if (output !== undefined) await writeNewFile(output, chunksOf(page), context.signal);
        return {
          client: layout.client,
          profile: layout.profile,
          hasMasterKey: masterKey !== undefined,
          output: output ?? null,
          ...(output === undefined && { page }),
        };
      },
    },
  );
}

async function* chunksOf(page: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(page);
}

function taken(output: string): CryptosyncError {
  return new CryptosyncError('CONFIG_INVALID', `${output} exists, and is never written over`, {
    advice: { to: 'choose-new-file' },
  });
}

function unproven(layout: ProfileLayout): CryptosyncError {
  return new CryptosyncError(
    'VAULT_MISMATCH',
    `nothing says on this machine that the configuration of ${nameOf(layout)} opens the vault`,
    { advice: { to: 'prove-by-mount', files: [] } },
  );
}

/** Where the engine can tell a key, that proves the password; else the vault is opened, to read, and closed again. */
async function provePassword(context: Context, vault: Vault, password: Secret): Promise<Secret | undefined> {
  if (vault.engine.masterKey !== undefined)
    return await vault.engine.masterKey(vault.encryptedDir, password, context);
  verifyWhole(vault);
  const options = { ...defaultMountOptions, readOnly: true };
  await mountVault(vault, password, options, { newVaultId: randomUUID() }, context);
  await unmountVault(vault, { lazily: false }, context);
  return undefined;
}

async function verifyUnmounted(layout: ProfileLayout, vault: Vault): Promise<void> {
  if ((await stateOfVault(vault)).kind !== 'mounted') return;
  throw new CryptosyncError('VAULT_MOUNTED', `the vault of ${nameOf(layout)} is mounted`, {
    advice: { to: 'unmount-to-prove' },
  });
}

function secretsOf(layout: ProfileLayout, vault: Vault, masterKey: Secret | undefined): RecoverySecrets {
  const { engine, encryptedDir } = vault;
  const content = topFileReader(encryptedDir)(engine.configFile) ?? Buffer.alloc(0);
  const text = content.toString('utf8');
  const isBase64 = !Buffer.from(text).equals(content) || /[^\P{Cc}\t\n]/u.test(text);
  const conf = readTrustedText(layout.rcloneConfig, layout.directory);
  return {
    masterKey,
    configuration: { text: isBase64 ? content.toString('base64') : text, isBase64 },
    remoteSettings: conf === undefined || parseRcloneConf(conf).encrypted ? undefined : conf,
  };
}
