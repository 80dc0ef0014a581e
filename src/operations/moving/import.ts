/**
 * Bringing an exported client in. All of it is made aside and put in its place by one rename: killed before, nothing
 * has changed; killed after, the same command finds its own work and does the rest.
 */

import { join } from 'node:path';
import * as v from 'valibot';
import { verifyRoot } from '../../clients/discovery.ts';
import { verifyClientReachable } from '../../clients/home/reachable.ts';
import { clientLayout, fileMode, nameOf, type ProfileLayout, profileLayout } from '../../clients/layout.ts';
import type { ProfileName } from '../../clients/names.ts';
import type { Profile } from '../../clients/profile.ts';
import { readProfile } from '../../clients/profile-store.ts';
import { linkPaths, type Program } from '../../clients/scripts.ts';
import type { TransferStats } from '../../remotes/transfer.ts';
import { logged } from '../../runs/recorded.ts';
import type { AgeKey } from '../../secrets/age.ts';
import type { Secret } from '../../secrets/secret.ts';
import { findExecutable, verifyFuse, verifyTools } from '../../system/dependencies.ts';
import { minimalEnvironment } from '../../system/environment.ts';
import { CryptosyncError, toCryptosyncError } from '../../system/errors.ts';
import { ensureDirectory, isDirectory, namesIn, rename, writeFileAtomic } from '../../system/files.ts';
import { parseStoredJson } from '../../system/paths/stored-json.ts';
import { readTrustedText } from '../../system/paths/trust.ts';
import { run } from '../../system/process.ts';
import { engineNamed } from '../../vaults/engines/engines.ts';
import { verifySpace } from '../../vaults/vault-directory.ts';
import type { Around, Context, PasswordProvider } from '../context.ts';
import { mountProfile } from '../mount.ts';
import { ownersOf } from './adapt.ts';
import { linkUntaken, prepareMount } from './in-place.ts';
import type { ExportManifest } from './manifest.ts';
import { type KeyKind, keyKindOf, type OpenedExport, openExport } from './opened-file.ts';
import { stageClient } from './staged-client.ts';
import { inStaging, unpack } from './staging.ts';
import { told } from './told.ts';

/** Gives what opens an exported file; its header says which kind that is. */
export interface ExportKeyProvider {
  (kind: KeyKind): Promise<AgeKey>;
  /** Whether the last answer was typed by somebody, who may try again (three times in all) when it was wrong. */
  mayAskAgain?(): boolean;
}

export interface ImportRequest {
  readonly file: string;
  readonly key: ExportKeyProvider;
  /** Of the vaults that came along; asked for before anything is done. */
  readonly password: PasswordProvider;
  readonly mount: boolean;
  /** Takes along what the export would let run on this machine. */
  readonly acceptCommands: boolean;
  /** Undefined makes no links. */
  readonly binDirectory: string | undefined;
  readonly program: Program;
  readonly wait: number;
  readonly around?: Around | undefined;
  readonly onProgress?: ((stats: TransferStats) => void) | undefined;
}

export interface ImportResult {
  readonly client: string;
  readonly directory: string;
  readonly profiles: readonly string[];
  /** Whether the ciphertext came along. */
  readonly withVault: boolean;
  /** The profiles that are mounted now. */
  readonly mounted: readonly string[];
  readonly notes: readonly string[];
  /** Why a vault was not mounted; the client is in its place all the same. */
  readonly error?: CryptosyncError;
}

/** @throws ALREADY_INSTALLED when the client is here; WRONG_PASSWORD, VERIFY_FAILED, CONFIG_INVALID, DISK_FULL */
export async function importClient(context: Context, request: ImportRequest): Promise<ImportResult> {
  const { file } = request;
  verifyRoot(context.root, context.userId);
  const { opened, key } = await openAsking(context, request);
  const passwords = new Map<string, Secret>();
  try {
    const { manifest } = opened;
    verifyAccepted(manifest, request);
    verifyImportable(context, manifest);
    await askPasswords(context, request, manifest, passwords);
    return await logged(
      context,
      { subject: manifest.client, operation: 'import', intent: file },
      () => bringIn(context, request, opened, passwords),
      {
        describe: ({ directory, mounted, error }) => ({
          outcome: 'imported',
          did: `${directory}${mounted.length === 0 ? '' : `, mounted ${mounted.join(', ')}`}`,
          error,
        }),
      },
    );
  } finally {
    await opened.close();
    for (const secret of [...passwords.values(), ...Object.values(key)]) (secret as Secret).wipe();
  }
}

/** A passphrase that was mistyped is asked for again, before anything is drawn or done. */
async function openAsking(
  { warn }: Context,
  { file, key: provide }: ImportRequest,
): Promise<{ readonly opened: OpenedExport; readonly key: AgeKey }> {
  const kind = await keyKindOf(file);
  for (;;) {
    const key = await provide(kind);
    try {
      return { opened: await openExport(file, key), key };
    } catch (thrown) {
      for (const secret of Object.values(key)) (secret as Secret).wipe();
      const isWrong = thrown instanceof CryptosyncError && thrown.code === 'WRONG_PASSWORD';
      if (!isWrong || provide.mayAskAgain?.() !== true) throw thrown;
      warn(`that is not the passphrase of ${file}. Once more.`);
    }
  }
}

/** What others may have written into the file must not run because somebody opened it. */
function verifyAccepted({ commands }: ExportManifest, { acceptCommands, file }: ImportRequest): void {
  if (commands.length === 0 || acceptCommands) return;
  throw new CryptosyncError('CONFIG_INVALID', `what ${file} brings runs programs: ${commands.join('; ')}`, {
    advice: { to: 'accept-commands' },
    details: { commands },
  });
}

/** @throws ALREADY_INSTALLED, TOOL_MISSING, FUSE_UNAVAILABLE */
function verifyImportable(context: Context, manifest: ExportManifest): void {
  verifyTools(['tar', 'flock'], context.environment);
  if (manifest.vaults.length > 0) verifyFuse();
  const layout = clientLayout(context.root, manifest.client);
  const { directory } = layout;
  verifyClientReachable(layout);
  if (isImported(context, manifest) || namesIn(directory).length === 0) return;
  throw new CryptosyncError(
    'ALREADY_INSTALLED',
    `${manifest.client} is here already, in ${directory}, and is never written over`,
    { advice: { to: 'import-elsewhere' } },
  );
}

const importedFile = 'imported.json';
const importedSchema = v.object({ id: v.string() });

/** Whether this very export was put in its place before. */
function isImported(context: Context, { client, id }: ExportManifest): boolean {
  const { stateDirectory, directory } = clientLayout(context.root, client);
  if (!isDirectory(stateDirectory)) return false;
  try {
    const text = readTrustedText(join(stateDirectory, importedFile), directory) ?? '{}';
    const result = v.safeParse(importedSchema, parseStoredJson(text));
    return result.success && result.output.id === id;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

async function askPasswords(
  context: Context,
  { mount, password }: ImportRequest,
  manifest: ExportManifest,
  passwords: Map<string, Secret>,
): Promise<void> {
  if (!mount) return;
  for (const name of manifest.vaults) {
    const layout = profileLayout(context.root, manifest.client, name);
    // where the profile says that it comes from is not believed yet
    passwords.set(name, await password(layout, {}));
  }
}

async function bringIn(
  context: Context,
  request: ImportRequest,
  opened: OpenedExport,
  passwords: ReadonlyMap<string, Secret>,
): Promise<ImportResult> {
  const { manifest } = opened;
  const { around = (work) => work() } = request;
  const finished = await around(async () => {
    const notes = await inStaging(context, request.wait, async (work) => {
      verifyImportable(context, manifest);
      if (isImported(context, manifest)) return [`${manifest.client} was brought in by an earlier run`];
      return await putInPlace(context, request, opened, work);
    });
    return await finish(context, request, manifest, { passwords, notes });
  });
  return await mountedAfter(context, request, finished);
}

/** Asks for mistyped passwords again when all is done and nothing is drawn any more. */
async function mountedAfter(
  context: Context,
  request: ImportRequest,
  { result, mistyped }: Finished,
): Promise<ImportResult> {
  const { password, wait } = request;
  const mounted = [...result.mounted];
  for (const layout of mistyped) {
    for (let isMounted = false; !isMounted; ) {
      context.warn(`${nameOf(layout)}: that is not its password. Once more.`);
      const answer = await password(layout, {});
      try {
        await mountOne(context, layout, { password: answer, wait });
        isMounted = true;
      } catch (thrown) {
        const error = toCryptosyncError(thrown);
        if (mayTryAgain(error, password, layout)) continue;
        if (error.code === 'INTERRUPTED') throw error;
        return { ...result, mounted, error };
      } finally {
        answer.wipe();
      }
    }
    mounted.push(layout.profile);
  }
  return { ...result, mounted };
}

function mayTryAgain({ code }: CryptosyncError, password: PasswordProvider, layout: ProfileLayout): boolean {
  return code === 'WRONG_PASSWORD' && password.mayAskAgain?.(layout) === true;
}

async function putInPlace(
  context: Context,
  { program, binDirectory, onProgress, acceptCommands }: ImportRequest,
  { manifest, archive }: OpenedExport,
  work: string,
): Promise<readonly string[]> {
  verifySpace(context.root, manifest.bytes);
  const raw = join(work, 'raw');
  ensureDirectory(raw, 0o700, work);
  const telling = told(archive, manifest.bytes, onProgress);
  await unpack(telling.bytes, raw, context).finally(() => telling.end());
  const client = manifest.client;
  const links = (name: ProfileName): string[] =>
    binDirectory === undefined
      ? []
      : Object.values(linkPaths(profileLayout(context.root, client, name), binDirectory));
  const staged = await stageClient(context, { manifest, work, program, links, acceptCommands });
  const { stateDirectory } = clientLayout(join(work, 'new'), client);
  const record = { version: 1, id: manifest.id, from: manifest.directory, createdAt: manifest.createdAt };
  writeFileAtomic(join(stateDirectory, importedFile), `${JSON.stringify(record)}\n`, fileMode, work);
  await flushDisk(context, staged.directory);
  rename(staged.directory, clientLayout(context.root, client).directory, context.root);
  return staged.notes;
}

/** All that was written must be on the disk before it counts (sync(1)). */
async function flushDisk({ environment, signal }: Context, directory: string): Promise<void> {
  const finished = await run({
    file: findExecutable('sync', environment) ?? '/usr/bin/sync',
    args: ['--file-system', '--', directory],
    environment: minimalEnvironment(environment),
    deadline: 3_600_000,
    signal,
  });
  if (finished.exitCode === 0) return;
  throw new CryptosyncError(
    'DISK_FULL',
    `the disk of ${directory} did not take all: ${finished.stderr.trim()}`,
  );
}

interface Arrived {
  readonly passwords: ReadonlyMap<string, Secret>;
  readonly notes: readonly string[];
}

interface Finished {
  readonly result: ImportResult;
  /** Vaults that are not mounted because their passwords were mistyped. */
  readonly mistyped: readonly ProfileLayout[];
}

/** What is done in the place itself, and can be done again: mount directories, links, mounts. */
async function finish(
  context: Context,
  request: ImportRequest,
  manifest: ExportManifest,
  { passwords, notes }: Arrived,
): Promise<Finished> {
  const client = manifest.client;
  const layouts = manifest.profiles.map((name) => profileLayout(context.root, client, name));
  const profiles = new Map<ProfileName, Profile>(
    layouts.map((layout) => [layout.profile, readProfile(layout)]),
  );
  const untaken = layouts.flatMap((layout) => linkUntaken(layout, request.binDirectory));
  const result = {
    client,
    directory: clientLayout(context.root, client).directory,
    profiles: manifest.profiles,
    withVault: manifest.vaults.length > 0,
    notes: [...notes, ...untaken],
  };
  const mounted: string[] = [];
  const mistyped: ProfileLayout[] = [];
  try {
    for (const owner of new Set(ownersOf(profiles, result.directory).values())) {
      const layout = profileLayout(context.root, client, owner);
      await prepareMount(context, profiles.get(owner) as Profile);
      const password = passwords.get(owner);
      if (password === undefined) continue;
      const error = await mountOne(context, layout, { password, wait: request.wait }).then(
        () => undefined,
        toCryptosyncError,
      );
      if (error === undefined) mounted.push(owner);
      else if (mayTryAgain(error, request.password, layout)) mistyped.push(layout);
      else throw error;
    }
    return { result: { ...result, mounted }, mistyped };
  } catch (thrown) {
    const error = toCryptosyncError(thrown);
    if (error.code === 'INTERRUPTED') throw error;
    return { result: { ...result, mounted, error }, mistyped: [] };
  }
}

/** @throws what mountProfile throws; a password that does not open the vault says what to type */
async function mountOne(
  context: Context,
  layout: ProfileLayout,
  { password, wait }: { readonly password: Secret; readonly wait: number },
): Promise<void> {
  verifyTools(engineNamed(readProfile(layout).engine).tools, context.environment);
  try {
    await mountProfile(context, { layout, options: {}, password: async () => password, wait });
  } catch (thrown) {
    const error = toCryptosyncError(thrown);
    if (error.code !== 'WRONG_PASSWORD') throw error;
    throw new CryptosyncError('WRONG_PASSWORD', `${nameOf(layout)} is brought in, but ${error.message}`, {
      advice: { to: 'mount-profile', client: layout.client, profile: layout.profile },
    });
  }
}
