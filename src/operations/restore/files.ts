/**
 * Single files and directories of the plaintext, of any generation: only what they consist of is fetched. An engine that
 * can say what a path is called in its ciphertext opens a tree that has nothing else in it; another one gets all of it.
 */
import { renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { recorded } from '../../runs/recorded.ts';
import type { Secret } from '../../secrets/secret.ts';
import { type Chosen, choose } from '../../sync/generations/choice.ts';
import { type Past, readPast } from '../../sync/generations/history.ts';
import { type Part, partOf } from '../../sync/restore/part.ts';
import { type Restored, restoreInto } from '../../sync/restore/restore.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { ensureDirectory, kindOf } from '../../system/files.ts';
import { removeIfEmpty, removeTree } from '../../system/paths/removal.ts';
import { copyOutOfMount } from '../../vaults/mounts/contents.ts';
import { tryOpening } from '../../vaults/trial.ts';
import type { Context } from '../context.ts';
import { type Look, lookAtMappings } from '../generations/look.ts';
import { placeOfMapping } from '../places.ts';
import { verifyKeptOut } from '../sync/kept-out.ts';
import { openedAsThen } from './former-password.ts';
import { verifyFree } from './free.ts';
import { asksForNewest, warnOfLater } from './later.ts';
import { namedLost } from './lost.ts';
import { neededOf } from './needed.ts';
import type { RestoreRequest, RestoreResult } from './request.ts';
import { describe } from './restore.ts';
import { inWorkshop } from './workshop.ts';

export interface FilesRequest extends RestoreRequest {
  /** Below the mount directory, or below a synced directory; relative. */
  readonly paths: readonly string[];
  /** Where they go, under the paths that they have. */
  readonly to: string;
}

/** @throws USAGE for what is not in that generation, or there already; and what `bringBack` throws */
export async function restoreFiles(context: Context, request: FilesRequest): Promise<RestoreResult[]> {
  const { layout, to, from, around = (work) => work() } = request;
  const paths = outermost(request.paths);
  for (const path of paths) verifyFree(join(to, path));
  verifyKeptOut(context.root, to, 'what comes to', 'may lie in a source');
  const facts = { paths, to };
  const look = { ...request, remotePath: from?.path };
  return await recorded(
    context,
    { layout, operation: 'restore', facts },
    async () => {
      const results = await lookAtMappings(context, look, (one) =>
        around(() => fetchFiles(context, { ...request, paths }, one)),
      );
      const found = results.filter((result) => result !== undefined);
      if (found.length > 0) return found;
      throw absent(request);
    },
    describe,
  );
}

/** What lies in another path that is wanted comes with it. */
function outermost(paths: readonly string[]): string[] {
  const all = [...new Set(paths)];
  return all.filter((path) => !all.some((other) => path.startsWith(`${other}/`)));
}

function absent({ paths, generation, at }: FilesRequest): CryptosyncError {
  const which =
    generation !== undefined
      ? `generation ${generation}`
      : at === undefined
        ? 'the newest generation'
        : 'that generation';
  return new CryptosyncError('USAGE', `there is no ${paths.join(' or ')} in ${which}`, {
    advice: { to: 'list-generations' },
  });
}

/** Where it is put together: on the disk that it is meant for, and found again after an interruption. */
const workName = '.cryptosync-restoring';

/** @returns undefined when the mapping has none of the paths */
async function fetchFiles(
  context: Context,
  request: FilesRequest,
  look: Look,
): Promise<RestoreResult | undefined> {
  const { to, wait } = request;
  const isNew = ensureDirectory(to, 0o700);
  const workshop = { path: join(to, workName), purpose: 'restore', wait };
  let result: RestoreResult | undefined;
  try {
    result = await inWorkshop(context, workshop, (work) => fetchInto(context, request, look, work));
    return result;
  } finally {
    if (isNew && result === undefined) removeIfEmpty(to);
  }
}

async function fetchInto(
  context: Context,
  request: FilesRequest,
  look: Look,
  work: string,
): Promise<RestoreResult | undefined> {
  const { layout, paths, to } = request;
  const { mapping, job, place, profile } = look;
  const begin = context.clock.now().getTime();
  const past = await readPast(place, context.signal);
  if (asksForNewest(request)) warnOfLater(context, place, past, job);
  const chosen = await choose(place, past, request, job.sealKey);
  const isVault = mapping.source.kind === 'vault';
  const password = isVault ? await request.password(layout, profile) : undefined;
  const plain = join(work, 'plain');
  let restored: Come | undefined;
  try {
    if (password === undefined) {
      const part = partOf(chosen.tree, paths);
      const come = part && (await fetchPart(context, request, look, { chosen, part, directory: plain }));
      const lost = await namedLost(come?.lost ?? [], undefined, context);
      restored = come && { ...come, seal: chosen.seal, lost };
    } else {
      const fromVault = { past, chosen, password, work, plain };
      restored = await openedAsThen(chosen, past, () => fetchFromVault(context, request, look, fromVault));
    }
  } finally {
    password?.wipe();
  }
  if (restored === undefined) return undefined;
  // what was asked for may be what is lost
  for (const path of paths.filter((one) => kindOf(join(plain, one)) !== 'none')) putInPlace(plain, path, to);
  const { head } = chosen;
  return {
    remote: placeOfMapping(mapping).remote,
    ...{ generation: head.generation, id: head.id, at: head.at, directory: to, paths, keptAside: null },
    seal: restored.seal,
    ...{ files: restored.files, bytes: restored.bytes, filesResumed: restored.resumed },
    ...{ filesFetched: restored.fetched.files, bytesFetched: restored.fetched.bytes },
    ...{ notRestored: restored.notRestored, lost: restored.lost },
    durationMs: context.clock.now().getTime() - begin,
  };
}

interface Fetching {
  readonly chosen: Chosen;
  readonly part: Part;
  readonly directory: string;
}

async function fetchPart(
  context: Context,
  { layout, onProgress, skipDamaged: skipsDamaged }: FilesRequest,
  { place }: Look,
  { chosen, part, directory }: Fetching,
): Promise<Restored> {
  const { stateDirectory: state } = layout;
  return await restoreInto(context, {
    place,
    chosen: { ...chosen, tree: part },
    directory,
    ...{ state, onProgress, skipsDamaged },
  });
}

/** What came, and whether the manifest that said what belongs there carries the seal. */
type Come = Restored & Pick<Chosen, 'seal'> & Pick<RestoreResult, 'lost'>;

interface FromVault {
  readonly past: Past;
  readonly chosen: Chosen;
  readonly password: Secret;
  readonly work: string;
  /** Where the files in the clear are put. */
  readonly plain: string;
}

async function fetchFromVault(
  context: Context,
  request: FilesRequest,
  look: Look,
  { past, chosen, password, work, plain }: FromVault,
): Promise<Come | undefined> {
  const { vault } = look.mapping;
  const directory = join(work, 'cipher');
  const { engine, vaultId, madeWith } = vault;
  const copy = { engine, encryptedDir: directory, vaultId, madeWith, workshop: join(work, 'trial') };
  const fetched = { files: 0, bytes: 0 };
  const fetch = async (part: Part): Promise<Restored> => {
    const come = await fetchPart(context, request, look, { chosen, part, directory });
    // what this very run has fetched to find its way had not come before
    const resumed = Math.max(0, come.resumed - fetched.files);
    fetched.files += come.fetched.files;
    fetched.bytes += come.fetched.bytes;
    return { ...come, fetched: { ...fetched }, resumed };
  };
  let restored: Restored | undefined;
  if (engine.encryptPath === undefined) {
    context.warn(`${engine.name} can't tell which of its files are needed: all of the vault is fetched`);
    restored = await fetch(chosen.tree);
  } else {
    const part = await neededOf(context, copy, password, { chosen, paths: request.paths, fetch });
    if (part === undefined) return undefined;
    restored = await fetch(part);
  }
  const lost = await namedLost(restored.lost, { copy, password }, context);
  return await tryOpening(copy, password, context, async ({ mountDir, sealKey }) => {
    const isNewToUs = sealKey !== undefined && look.job.sealKey === undefined;
    const wanted = { generation: chosen.head.generation };
    const { seal } = isNewToUs ? await choose(look.place, past, wanted, sealKey.reveal()) : chosen;
    ensureDirectory(plain, 0o700);
    const missing = await copyOutOfMount(mountDir, request.paths, plain, context);
    if (restored === undefined) return undefined;
    // an engine that names paths has told already that they are in this generation
    const isLost = lost.length > 0 && engine.encryptPath !== undefined;
    return missing === undefined || isLost ? { ...restored, seal, lost } : undefined;
  });
}

/** Never over what is there. @throws USAGE */
function putInPlace(plain: string, path: string, to: string): void {
  const target = join(to, path);
  verifyFree(target);
  if (kindOf(target) === 'directory') removeTree(target, to);
  ensureDirectory(dirname(target), 0o700);
  renameSync(join(plain, path), target);
}
