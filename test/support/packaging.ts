/** Packages, made from what is built. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** What looks like another installation. @returns the program in it, which does nothing */
export function otherProgram(directory: string, packageJson: string): string {
  mkdirSync(join(directory, 'bin'), { recursive: true });
  writeFileSync(join(directory, 'package.json'), packageJson);
  const program = join(directory, 'bin', 'run.js');
  writeFileSync(program, '');
  return program;
}

/** In a script of sh: what opens the vault of the client below. */
export const givePassword = 'export CRYPTOSYNC_PASSWORD="a good password"\n';

/** In a script of sh: a client with a file in its vault, which is synced to `/srv/backup`. */
export const setUpClient = `${givePassword}
  cryptosync install --quiet --client client1 --remote-type local --remote-path /srv/backup --no-links
  cryptosync config set --global client client1
  cryptosync mount --quiet
  echo precious >/opt/agency_stack/clients/client1/vault/decrypted/file
  cryptosync unmount --quiet
  cryptosync sync --quiet
`;

/** In a script of sh: prints `precious`. */
export const readClient = `${givePassword}
  cryptosync mount --quiet --client client1
  cat /opt/agency_stack/clients/client1/vault/decrypted/file
  cryptosync unmount --quiet --client client1
`;
