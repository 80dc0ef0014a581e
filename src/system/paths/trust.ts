/**
 * What a user believes or runs: profiles, settings, rclone.conf, state, scripts, password files. As sshd and sudo have
 * it: such a file, and every directory above it, belongs to that user or to root, and nobody else can write it; a
 * sticky directory such as /tmp may stand above. Data (ciphertext, a source, a directory that is a remote) may belong
 * to anybody, and is touched by the ways of this folder alone.
 */
import { closeSync, constants, lstatSync, openSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { isAbsence } from '../files.ts';
import type { MountEntry } from '../stores/mount-table.ts';
import { named } from './held-directory.ts';
import { foreignOwner, linkRefused, writableByOthers } from './refusals.ts';
import { type Making, openRegular, openToWrite, readRegular } from './regular-file.ts';
import { plainWay, type TrustedTree } from './trusted-tree.ts';
import { inDirectory, isOpenToOthers, isOwn, openDirectory } from './walk.ts';

/** @throws CONFIG_INVALID for what belongs to somebody else, or can be written by others */
function verifyTrust(path: string, stats: Stats): void {
  if (!isOwn(stats)) throw foreignOwner(path, stats.uid, process.geteuid?.() ?? stats.uid);
  if (stats.isSymbolicLink()) return;
  const isLoose = stats.isDirectory() ? isOpenToOthers(stats) : (stats.mode & 0o022) !== 0;
  if (isLoose) throw writableByOthers(path, stats.mode);
}

/**
 * A directory that is believed, and what is below it, for the reading of many files: what could be changed of the way to
 * it meanwhile is root's or this user's own.
 * @returns undefined when it can't be had: whoever reads a file below it is told why. The caller closes its top.
 */
export function trustedTree(path: string, table: readonly MountEntry[]): TrustedTree | undefined {
  try {
    return {
      top: { path, directory: openDirectory(path, { verify: verifyTrust }) },
      table,
      known: new Map(),
    };
  } catch {
    return undefined;
  }
}

/** No link is followed, and no FIFO waited for: what was looked at is a file. */
const plainly = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** Bytes; what is longer goes the way that says why it is refused. */
const longest = 16 * 1024 * 1024;

/** Whether there is nothing to refuse about a file. */
function isPlain(stats: Stats): boolean {
  return stats.isFile() && isOwn(stats) && (stats.mode & 0o022) === 0 && stats.size <= longest;
}

function readPlain(way: string): string {
  // the types know no numbers here, as open(2) has them
  return readFileSync(way, { encoding: 'utf8', flag: plainly as unknown as string });
}

/**
 * The text of a file that is believed; undefined when there is none.
 * @param base a directory above it, below which no link is followed; default: the one that holds it
 * @param from a tree that the base is in, from `trustedTree`
 * @throws CONFIG_INVALID when somebody else could have written it, or it is no regular file
 */
export function readTrustedText(path: string, base?: string, from?: TrustedTree): string | undefined {
  const way = from && plainWay(from, path);
  const stats = lstatSync(way ?? path, { throwIfNoEntry: false });
  // a file that is not there is believed by nobody, whoever may make one
  if (stats === undefined) return undefined;
  try {
    if (way !== undefined && isPlain(stats)) return named(path, () => readPlain(way));
    return readRegular(path, { base, from: from?.top, verify: verifyTrust }).toString('utf8');
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
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

interface OpenFile {
  readonly descriptor: number;
  /** Bytes that it had when it was looked at. */
  readonly size: number;
}

/** Opens a file that is believed, to read; undefined when there is none. The caller closes it. @throws as readTrustedText */
export function openTrusted(path: string, base?: string, from?: TrustedTree): OpenFile | undefined {
  const way = from && plainWay(from, path);
  const stats = lstatSync(way ?? path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  try {
    if (way !== undefined && isPlain(stats))
      return { descriptor: named(path, () => openSync(way, plainly)), size: stats.size };
    const absolute = resolve(path);
    const descriptor = inDirectory(
      dirname(absolute),
      { base, from: from?.top, verify: verifyTrust },
      (directory) => openRegular(directory, basename(absolute), constants.O_RDONLY, verifyTrust),
    );
    return { descriptor, size: stats.size };
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

/** Opens a file that is believed, to read and write; it and its directories are made. The caller closes it. @throws as readTrustedText */
export function openTrustedToWrite(path: string, making: Making): number {
  return openToWrite(path, making, verifyTrust);
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
