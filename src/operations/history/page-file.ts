/** The file that a page is written to. */
import { lstatSync } from 'node:fs';
import { fileMode } from '../../clients/layout.ts';
import { verifyReplaceable, writeFileAtomic } from '../../system/files.ts';
import { verifyKeptOut } from '../sync/kept-out.ts';

/**
 * In one step; the mode and owner of a file that is there are kept, so that a web server may go on reading it.
 * @throws CONFIG_INVALID for what is no file, or lies in what is sent; the system's error
 */
export function writePage(root: string, file: string, page: string): void {
  verifyReplaceable(file);
  verifyKeptOut(root, file, 'the report', 'may lie in a source');
  const there = lstatSync(file, { throwIfNoEntry: false });
  const rights = there && { mode: there.mode & 0o777, uid: there.uid, gid: there.gid };
  writeFileAtomic(file, page, rights ?? fileMode);
}
