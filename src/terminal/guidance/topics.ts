/** The pages of the documentation, which come with the program, as topics of `cryptosync help`. */
import { readdirSync, readFileSync } from 'node:fs';

export interface Topic {
  /** As it is asked for: the page's file without its ending. */
  readonly name: string;
  readonly title: string;
  readonly file: string;
}

/** Every page, in the order of names. @param root the directory of the package */
export function topicsIn(root: string): Topic[] {
  const folder = `${root}/docs`;
  return readdirSync(folder)
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .sort()
    .map((file) => {
      const path = `${folder}/${file}`;
      const name = file.slice(0, -'.md'.length);
      const title = /^# (.+)$/m.exec(readFileSync(path, 'utf8'))?.[1] ?? name;
      return { name, title, file: path };
    });
}
