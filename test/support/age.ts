/** The real age, and archives that no export would make. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { packTar } from 'modern-tar';
import type { Installation } from './installation.ts';

export interface AgeIdentity {
  readonly file: string;
  readonly recipient: string;
}

export function makeIdentity(installation: Installation): AgeIdentity {
  const file = installation.path('identity.txt');
  execFileSync('age-keygen', ['-o', file], { stdio: 'ignore' });
  return { file, recipient: /public key: (age1\S+)/.exec(readFileSync(file, 'utf8'))?.[1] ?? '' };
}

/** Decrypts with age alone. @returns the archive */
export function openByAge({ file }: AgeIdentity, path: string): Buffer {
  return execFileSync('age', ['-d', '-i', file, path], { maxBuffer: 2 ** 28 });
}

export function lockByAge({ recipient }: AgeIdentity, archive: Uint8Array, path: string): void {
  execFileSync('age', ['-r', recipient, '-o', path], { input: archive });
}

type Members = Parameters<typeof packTar>[0];
export type Header = Members[number]['header'];

/** A tar with members of any kind: `content` for files. */
export async function tarOf(
  members: readonly (Omit<Header, 'size'> & { readonly content?: string | undefined })[],
): Promise<Uint8Array> {
  return await packTar(
    members.map(({ content = '', ...header }) => {
      const body = Buffer.from(content);
      return { header: { uid: 0, gid: 0, ...header, size: body.length }, body };
    }),
  );
}
