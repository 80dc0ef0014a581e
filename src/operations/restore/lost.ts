/** Files that a restore has left out, because they are damaged at the place: named as an operator knows them. */
import type { Secret } from '../../secrets/secret.ts';
import type { Lost } from '../../sync/restore/restore.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { shownPath } from '../../system/names.ts';
import type { EngineDependencies } from '../../vaults/engines/engine.ts';
import { type TrialCopy, whileNaming } from '../../vaults/trial.ts';
import type { LostFile, RestoreResult } from './request.ts';

/** How what has arrived is opened, where it is a vault. */
export interface Opening {
  readonly copy: TrialCopy;
  readonly password: Secret;
}

/** Names in the clear that are asked for; each is an answer of the engine. */
const mostNamed = 1000;

/**
 * @param opening a vault's copy that has come but for these, and what opens it; undefined where the paths are in the clear
 * @throws VERIFY_FAILED when the vault's configuration is among them: nothing else can be read without
 */
export async function namedLost(
  lost: readonly Lost[],
  opening: Opening | undefined,
  dependencies: EngineDependencies,
): Promise<LostFile[]> {
  const files = lost.map(({ path, why }): LostFile => ({ path: shownPath(path), why }));
  if (lost.length === 0 || opening === undefined) return files;
  const { copy, password } = opening;
  const { engine } = copy;
  if (lost.some(({ path }) => path === engine.configFile)) throw unopenable(files, engine.configFile);
  if (engine.decryptPath === undefined) return files;
  return await whileNaming(copy, password, dependencies, async ({ decrypted }) => {
    const named: LostFile[] = [];
    for (const { path, why } of lost) {
      const plain = named.length < mostNamed ? await decrypted(path) : undefined;
      named.push({
        path: shownPath(path),
        ...(plain !== undefined && { plaintext: shownPath(plain) }),
        why,
      });
    }
    return named;
  });
}

function unopenable(files: readonly LostFile[], configFile: string): CryptosyncError {
  const why = files.find(({ path }) => path === configFile)?.why;
  return new CryptosyncError('VERIFY_FAILED', `without its configuration the vault can't be opened: ${why}`, {
    advice: { to: 'search-trash-for-config' },
    details: { damaged: files.map(({ path }) => path).slice(0, 100) },
  });
}

/** What ends a restore that has left something out; undefined for one that has not. */
export function lossOf(results: readonly RestoreResult[]): CryptosyncError | undefined {
  const files = results.flatMap(({ lost }) => lost);
  if (files.length === 0) return undefined;
  const first = files.slice(0, 3).map(({ path, plaintext }) => plaintext ?? path);
  const rest = files.length - first.length;
  return new CryptosyncError(
    'VERIFY_FAILED',
    `everything else was restored, but not ${first.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}: damaged at the remote`,
    { advice: { to: 'find-lost-elsewhere' } },
  );
}
