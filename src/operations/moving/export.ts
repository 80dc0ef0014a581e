/** One encrypted file with what a client is made of: to move it to another machine, or to keep it elsewhere. */
import { randomUUID } from 'node:crypto';
import { lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { listProfiles } from '../../clients/discovery.ts';
import { type ClientLayout, clientLayout, profileLayout } from '../../clients/layout.ts';
import type { ClientId, ProfileName } from '../../clients/names.ts';
import type { Profile } from '../../clients/profile.ts';
import { readProfile } from '../../clients/profile-store.ts';
import { commandsIn, parseRcloneConf } from '../../remotes/configuration.ts';
import type { TransferStats } from '../../remotes/transfer.ts';
import { logged } from '../../runs/recorded.ts';
import { type AgeLock, encrypted } from '../../secrets/age.ts';
import { toIsoSeconds } from '../../system/clock.ts';
import { verifyTools } from '../../system/dependencies.ts';
import { CryptosyncError, interruption } from '../../system/errors.ts';
import { kindOf, namesIn } from '../../system/files.ts';
import { readTrustedText } from '../../system/paths/trust.ts';
import { topFileReader } from '../../vaults/engines/top-file.ts';
import type { Vault } from '../../vaults/mounting.ts';
import type { Around, Context } from '../context.ts';
import { configLockRequest, rcloneLockRequest, vaultLockRequest } from '../locks.ts';
import { type RecoveryFacts, recoveryFacts } from '../recovery/facts.ts';
import { settleVault } from '../settle.ts';
import { verifyKeptOut } from '../sync/kept-out.ts';
import { underLocksAfterAsking } from '../under-locks.ts';
import { vaultOf } from '../vault-of.ts';
import { commandsOf, ownersOf, partBelow, usualPlace } from './adapt.ts';
import { archiveEnd, membersIn, membersOf, type SmallFile } from './archive.ts';
import { manifestName, manifestText } from './manifest.ts';
import { writeNewFile } from './new-file.ts';
import { sizeOf, verifyAtRest } from './rest.ts';
import { told } from './told.ts';

export interface ExportRequest {
  readonly client: ClientId;
  /** Where the file is to be; nothing may stand there. With `write` what the result and the log call it. */
  readonly output: string;
  /** Takes the file part by part, instead of a path; a promise of it is waited for before the next part. */
  readonly write?: ((part: Uint8Array) => Promise<void>) | undefined;
  /** What encrypts it; asked for when it is sure that there is something to encrypt. */
  readonly lock: () => Promise<AgeLock>;
  readonly withVault: boolean;
  /** Words the page for a stranger that goes along. */
  readonly page: (facts: RecoveryFacts) => string;
  readonly wait: number;
  readonly around?: Around | undefined;
  readonly onProgress?: ((stats: TransferStats) => void) | undefined;
}

export interface ExportResult {
  readonly client: string;
  readonly output: string;
  readonly profiles: readonly string[];
  readonly withVault: boolean;
  /** Of the file. */
  readonly bytes: number;
  /** What of the vaults no archive can hold: sockets. */
  readonly skipped: readonly string[];
}

interface ClientView {
  readonly layout: ClientLayout;
  readonly profiles: ReadonlyMap<ProfileName, Profile>;
  /** One of each: the profile that owns it, and the vault. */
  readonly vaults: readonly (readonly [ProfileName, Vault])[];
}

interface Counted extends ClientView {
  /** Bytes of the vaults that go along. */
  readonly total: number;
}

/** @throws CONFIG_INVALID when something stands at `output`; VAULT_MOUNTED, VAULT_MISMATCH, LOCKED, DISK_FULL */
export async function exportClient(context: Context, request: ExportRequest): Promise<ExportResult> {
  const { client, wait, around, withVault, output } = request;
  const record = (run: () => Promise<ExportResult>): Promise<ExportResult> =>
    logged(context, { subject: client, operation: 'export', intent: output }, run, {
      describe: ({ bytes }) => ({ outcome: 'exported', did: `${output}: ${bytes} bytes` }),
    });
  return await underLocksAfterAsking<ClientView, AgeLock, ExportResult>(
    context,
    { wait, around, record },
    {
      look: () => lookAt(context, request),
      locks: ({ layout, profiles }) => [
        configLockRequest(layout, 'export'),
        rcloneLockRequest(layout, 'export'),
        ...[...profiles].map(([name, profile]) => {
          const own = profileLayout(context.root, client, name);
          return vaultLockRequest(own, vaultOf(own, profile).encryptedDir, 'export');
        }),
      ],
      ask: () => request.lock(),
      question: () => null,
      forget: (lock) => 'passphrase' in lock && lock.passphrase.wipe(),
      async act(view, lock) {
        await settleVaults(context, view);
        const skipped: string[] = [];
        const total = await sizesOf(context, request, view);
        const archive = archiveOf(context, request, { ...view, total }, skipped);
        const telling = told(archive, total, request.onProgress);
        const bytes = await writeOut(context, request, await encrypted(lock, telling.bytes)).finally(() =>
          telling.end(),
        );
        return { client, output, profiles: [...view.profiles.keys()], withVault, bytes, skipped };
      },
    },
  );
}

async function writeOut(
  { signal }: Context,
  { output, write }: ExportRequest,
  content: AsyncIterable<Uint8Array>,
): Promise<number> {
  if (write === undefined) return await writeNewFile(output, content, signal);
  let length = 0;
  for await (const part of content) {
    if (signal?.aborted) throw interruption(signal);
    await write(part);
    length += part.length;
  }
  return length;
}

/** Bytes that the vaults take which go along. */
async function sizesOf(
  context: Context,
  { withVault }: ExportRequest,
  { vaults }: ClientView,
): Promise<number> {
  const sizes = (withVault ? vaults : []).map(([, { encryptedDir }]) => sizeOf(encryptedDir, context));
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** What can be told before anything is asked. */
async function lookAt(
  context: Context,
  { client, output, withVault, write }: ExportRequest,
): Promise<ClientView> {
  const layout = clientLayout(context.root, client);
  const names = listProfiles(context.root, client);
  // a client that is not there says why
  if (names.length === 0) readProfile(profileLayout(context.root, client, 'default' as ProfileName));
  const profiles = new Map(
    names.map((name) => [name, readProfile(profileLayout(context.root, client, name))] as const),
  );
  const vaults = [...ownersOf(profiles, layout.directory)].map(([encryptedDir, owner]) => {
    const profile = [...profiles.values()].find((each) => each.encryptedDir === encryptedDir) as Profile;
    return [owner, vaultOf(profileLayout(context.root, client, owner), profile)] as const;
  });
  if (write === undefined) verifyOutput(context.root, output);
  if (withVault) {
    verifyTools(['tar'], context.environment);
    for (const [owner, vault] of vaults) await verifyAtRest(context, `${client}/${owner}`, vault);
  }
  return { layout, profiles, vaults };
}

function verifyOutput(root: string, output: string): void {
  if (kindOf(output) !== 'none') {
    throw new CryptosyncError('CONFIG_INVALID', `${output} exists, and is never written over`, {
      advice: { to: 'choose-new-file' },
    });
  }
  const directory = realpathSync(dirname(output));
  if (!lstatSync(directory).isDirectory()) throw noDirectory(directory);
  verifyKeptOut(root, output, 'the exported file', 'may lie in a source');
}

function noDirectory(directory: string): CryptosyncError {
  return new CryptosyncError('CONFIG_INVALID', `${directory} is not a directory`, {
    advice: { to: 'choose-new-file' },
  });
}

async function settleVaults(context: Context, { layout, profiles, vaults }: ClientView): Promise<void> {
  for (const [owner, vault] of vaults) {
    const own = profileLayout(dirname(layout.directory), layout.client, owner);
    await settleVault(context, own, profiles.get(owner) as Profile, vault);
  }
}

async function* archiveOf(
  context: Context,
  request: ExportRequest,
  view: Counted,
  skipped: string[],
): AsyncGenerator<Uint8Array> {
  const { withVault } = request;
  const { layout, vaults } = view;
  const { client, directory, stateDirectory } = layout;
  yield await membersOf(await smallFiles(context, request, view), context.clock.now());
  const names = stateFiles(view, withVault);
  if (names.length > 0)
    yield* membersIn(
      { directory: stateDirectory, names, prefix: `${client}/${partBelow(directory, stateDirectory)}` },
      context,
      skipped,
    );
  for (const [owner, { encryptedDir }] of withVault ? vaults : []) {
    const place = partBelow(directory, usualPlace(directory, owner));
    yield* membersIn({ directory: encryptedDir, prefix: `${client}/${place}` }, context, skipped);
  }
  yield archiveEnd;
}

/** What this machine knows of the past; with the vault also of the places that it was synced with. */
function stateFiles({ layout, profiles }: ClientView, withVault: boolean): string[] {
  const ledgers = [...profiles.keys()].map((name) =>
    basename(profileLayout('/', layout.client, name).ledger),
  );
  return namesIn(layout.stateDirectory)
    .filter((name) => ledgers.includes(name) || (withVault && isKeptState(name)))
    .filter((name) => lstatSync(join(layout.stateDirectory, name)).isFile());
}

/** Records of places, and copies of seal keys: by their whole names, so that nothing unfinished goes along. */
export function isKeptState(name: string): boolean {
  return /^(record-[A-Za-z0-9._-]+\.jsonl|seal-[0-9a-f]{16}\.json)$/.test(name);
}

async function smallFiles(
  context: Context,
  { withVault, page }: ExportRequest,
  view: Counted,
): Promise<SmallFile[]> {
  const { layout, profiles, vaults, total } = view;
  const { client, directory } = layout;
  const at = (path: string): string => `${client}/${partBelow(directory, path)}`;
  const text = (path: string): string | undefined => readTrustedText(path, directory);
  const conf = text(layout.rcloneConfig);
  const manifest = manifestText({
    id: randomUUID(),
    client,
    createdAt: toIsoSeconds(context.clock.now()),
    directory,
    profiles: [...profiles.keys()],
    vaults: withVault ? vaults.map(([owner]) => owner) : [],
    bytes: total,
    commands: [
      ...[...profiles.values()].flatMap(commandsOf),
      ...(conf === undefined ? [] : commandsIn(parseRcloneConf(conf, layout.rcloneConfig))),
    ],
  });
  const pages = [...profiles].map(([name, profile]) =>
    page(recoveryFacts(context, profileLayout(context.root, client, name), profile)),
  );
  const files: SmallFile[] = [
    { path: `${client}/${manifestName}`, content: manifest },
    { path: `${client}/RECOVERY.txt`, content: pages.join('\n') },
    { path: at(layout.rcloneConfig), content: conf },
    { path: at(layout.summary), content: text(layout.summary) },
    ...[...profiles.keys()].map((name) => {
      const { profileFile } = profileLayout(context.root, client, name);
      return { path: at(profileFile), content: text(profileFile) };
    }),
    ...(withVault ? [] : vaults.flatMap(([owner, vault]) => engineFiles(client, owner, vault))),
  ];
  const present = files.filter(({ content }) => content !== undefined);
  const directories = new Set(present.map(({ path }) => dirname(path)));
  return [
    // the manifest is read before anything else
    ...present.slice(0, 1),
    ...[...directories].sort().map((path) => ({ path })),
    ...present.slice(1),
  ];
}

/** What a vault can't be opened without, for a remote that has lost it. */
function engineFiles(client: string, owner: string, { engine, encryptedDir }: Vault): SmallFile[] {
  return [...engine.lookAtIdentity(topFileReader(encryptedDir)).files].flatMap(([name, content]) =>
    content === undefined ? [] : [{ path: `${client}/cryptosync/engine/${owner}/${name}`, content }],
  );
}
