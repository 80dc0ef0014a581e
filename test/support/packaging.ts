/** Packages, made from what is built. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('../../', import.meta.url));

export const { version } = JSON.parse(readFileSync(`${repository}package.json`, 'utf8')) as {
  version: string;
};

/** A package, made fast: not compressed, and with node's symbols. @returns its file */
export function makePackage(format: 'deb' | 'rpm', output: string, ...flags: string[]): string {
  const fast = ['--output', output, '--compression', 'none', '--no-strip'];
  const args = ['scripts/package.ts', '--format', format, ...fast, ...flags];
  const printed = execFileSync(process.execPath, args, { cwd: repository, encoding: 'utf8' });
  return printed.replace(/ \(.*\n$/s, '');
}
