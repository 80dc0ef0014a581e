/** The file that a page is written to. */
import { lstatSync } from 'node:fs';
import { fileMode } from '../../clients/layout.ts';
import { writeFileAtomic } from '../../system/files.ts';

/** In one step; the mode of a file that is there is kept, so that a web server may go on reading it. @throws the system's error */
export function writePage(file: string, page: string): void {
  const there = lstatSync(file, { throwIfNoEntry: false });
  writeFileAtomic(file, page, there?.isFile() === true ? there.mode & 0o777 : fileMode);
}
