/**
 * What this program writes or reads in the clear (a page that opens a vault, files that were brought back, a log, a file
 * with a password) must not lie in what is sent, or sent to: the next sync would take it along, or away.
 */
import { nameOf, type ProfileLayout } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { isWithin } from '../../system/names.ts';
import { resolveMountPath } from '../../vaults/mounts/mount-point.ts';
import type { Context } from '../context.ts';
import type { VaultStatus } from '../status/status.ts';
import type { Mapping } from './mapping.ts';
import { sentBelow } from './neighbour-mounts.ts';

/** Whether it may lie in a plain directory that is synced, which is in the clear itself. */
export type InSources = 'may lie in a source' | 'in no source either';

/** @param what for messages: `the recovery sheet`. @throws CONFIG_INVALID, before anything is there */
export function verifyKeptOut(root: string, path: string, what: string, sources: InSources): void {
  const resolved = resolveMountPath(path);
  for (const sent of sentBelow(root)) {
    if (sent.what === 'a source' && sources === 'may lie in a source') continue;
    if (isWithin(resolved, sent.path)) throw wouldBeSent(path, what, { ...sent, name: nameOf(sent.layout) });
  }
}

/** The same where the vaults are known. */
export function verifyInNone(
  path: string,
  vaults: readonly Pick<VaultStatus, 'client' | 'profile' | 'encryptedDir'>[],
): void {
  const resolved = resolveMountPath(path);
  for (const { client, profile, encryptedDir } of vaults) {
    if (encryptedDir !== null && isWithin(resolved, encryptedDir))
      throw wouldBeSent(path, 'the metrics file', {
        name: `${client}/${profile}`,
        path: encryptedDir,
        what: 'the ciphertext',
      });
  }
}

/** Looks at what is in use, before a directory is synced: whichever came first. @throws CONFIG_INVALID */
export function verifyNothingInTheClear(
  { log, metricsFile }: Context,
  layout: ProfileLayout,
  { passwordFile }: Profile,
  { source }: Mapping,
): void {
  const directory = resolveMountPath(source.directory);
  const isVault = source.kind === 'vault';
  const inUse: readonly (readonly [string, string | undefined])[] = [
    ['the password file', passwordFile],
    // an operator may sync them beside other files
    ['the log', isVault ? log.path : undefined],
    ['the metrics file', isVault ? metricsFile : undefined],
  ];
  for (const [what, path] of inUse) {
    if (path === undefined || !isWithin(resolveMountPath(path), directory)) continue;
    throw wouldBeSent(path, what, {
      name: nameOf(layout),
      path: directory,
      what: isVault ? 'the ciphertext' : 'a source',
    });
  }
}

interface SentTo {
  readonly name: string;
  readonly path: string;
  readonly what: string;
}

function wouldBeSent(path: string, what: string, sent: SentTo): CryptosyncError {
  return new CryptosyncError(
    'CONFIG_INVALID',
    `${what} ${path} lies in ${sent.what} of ${sent.name}, ${sent.path}: a sync would take it along, or away`,
    { advice: { to: 'keep-out-of-syncs' }, details: { path, in: sent.path } },
  );
}
