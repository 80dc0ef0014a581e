/**
 * What a user believes or runs: profiles, settings, rclone.conf, state, scripts, password files. As sshd and sudo have
 * it: such a file, and every directory above it, belongs to that user or to root, and nobody else can write it; a
 * sticky directory such as /tmp may stand above. Data (ciphertext, a source, a directory that is a remote) may belong
 * to anybody, and is touched by the ways of this folder alone.
 */
import { closeSync, constants, lstatSync, readlinkSync, type Stats } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { isAbsence } from '../files.ts';
import { foreignOwner, linkRefused, writableByOthers } from './refusals.ts';
import { openRegular, readRegular } from './regular-file.ts';
import { type HeldWay, inDirectory, isOpenToOthers, isOwn, openDirectory } from './walk.ts';

/** @throws CONFIG_INVALID for what belongs to somebody else, or can be written by others */
function verifyTrust(path: string, stats: Stats): void {
  if (!isOwn(stats)) throw foreignOwner(path, stats.uid, process.geteuid?.() ?? stats.uid);
  if (stats.isSymbolicLink()) return;
  const isLoose = stats.isDirectory() ? isOpenToOthers(stats) : (stats.mode & 0o022) !== 0;
  if (isLoose) throw writableByOthers(path, stats.mode);
}

/**
 * The text of a file that is believed; undefined when there is none.
 * @param base a directory above it, below which no link is followed; default: the one that holds it
 * @param from a directory on the way to the base, from `holdTrusted`
 * @throws CONFIG_INVALID when somebody else could have written it, or it is no regular file
 */
export function readTrustedText(path: string, base?: string, from?: HeldWay): string | undefined {
  // a file that is not there is believed by nobody, whoever may make one
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  try {
    return readRegular(path, { base, from, verify: verifyTrust }).toString('utf8');
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

/**
 * A directory that is believed, held for the reading of many files below it; what could be changed of the way to it
 * meanwhile is root's or this user's own.
 * @returns undefined when it can't be had: whoever reads a file below it is told why. The caller closes it.
 */
export function holdTrusted(path: string, from?: HeldWay): HeldWay | undefined {
  try {
    return { path, directory: openDirectory(path, { from, verify: verifyTrust }) };
  } catch {
    return undefined;
  }
}

/** Looks at a file or program that an operator named, and everything above it, where links lead as well. @throws CONFIG_INVALID; ENOENT */
export function verifyTrustedTarget(path: string): void {
  verifyTrusted(trustedTarget(path));
}

function trustedTarget(path: string, linksLeft = 40): string {
  const absolute = resolve(path);
  const link = inDirectory(dirname(absolute), { verify: verifyTrust }, (directory) => {
    const { descriptor, stats } = directory.locate(basename(absolute));
    closeSync(descriptor);
    if (!stats.isSymbolicLink() || linksLeft === 0) return undefined;
    verifyTrust(absolute, stats);
    return resolve(directory.path, readlinkSync(directory.at(basename(absolute))));
  });
  return link === undefined ? absolute : trustedTarget(link, linksLeft - 1);
}

/** Opens a file that is believed, to read. The caller closes it. @throws as readTrustedText; ENOENT */
export function openTrusted(path: string, base?: string, from?: HeldWay): number {
  const absolute = resolve(path);
  return inDirectory(dirname(absolute), { base, from, verify: verifyTrust }, (directory) =>
    openRegular(directory, basename(absolute), constants.O_RDONLY, verifyTrust),
  );
}

/**
 * Looks at a path, which is no link, and at everything above it; what is not there yet is nobody's.
 * @param base as for readTrustedText. @throws CONFIG_INVALID
 */
export function verifyTrusted(path: string, base?: string): void {
  const absolute = resolve(path);
  try {
    inDirectory(dirname(absolute), { base, verify: verifyTrust }, (directory) => {
      const { descriptor, stats } = directory.locate(basename(absolute));
      closeSync(descriptor);
      if (stats.isSymbolicLink()) throw linkRefused(absolute, stats.uid);
      verifyTrust(absolute, stats);
    });
  } catch (error) {
    if (!isAbsence(error)) throw error;
  }
}
