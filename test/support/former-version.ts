/** Version 0.1 as those had it who used it: a checkout that was built, called by a script in `/usr/local/bin`. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { BareDebian } from './bare-debian.ts';
import { repository } from './packaging.ts';

/** The last commit of 0.1: what comes after it is a part of 1.0. */
const commit = 'f58b9db807c4ff9cddeb3ee54f3982bccf2a1845';

/** Where its checkout is in the tree. */
export const checkout = '/srv/cryptosync';

const kept = ['bin', 'dist', 'completions', 'schema', 'docs', 'oclif.manifest.json', 'package.json'];

/**
 * Builds 0.1 from this repository's history, with the packages that are installed, and puts it into a tree as its page
 * "Getting started" said.
 * @param scratch a directory of the caller's
 */
export function putFormerVersion(debian: BareDebian, scratch: string): void {
  const built = join(scratch, 'former');
  mkdirSync(built);
  const archive = execFileSync('git', ['archive', commit], { cwd: repository, maxBuffer: 256 * 2 ** 20 });
  execFileSync('tar', ['x', '-C', built], { input: archive });
  symlinkSync(join(repository, 'node_modules'), join(built, 'node_modules'));
  execFileSync(process.execPath, ['scripts/build.ts'], { cwd: built, stdio: 'pipe' });
  const there = join(debian.directory, checkout);
  for (const name of kept) cpSync(join(built, name), join(there, name), { recursive: true });
  const node = 'node_modules/node/bin/node';
  cpSync(join(repository, node), join(there, node));
  mkdirSync(join(there, 'node_modules/.bin'));
  symlinkSync('../node/bin/node', join(there, 'node_modules/.bin/node'));
  debian.run(`cd ${checkout}
    printf '#!/bin/sh\\nexec "%s/node_modules/.bin/node" "%s/bin/run.js" "$@"\\n' "$PWD" "$PWD" >/usr/local/bin/cryptosync
    chmod 755 /usr/local/bin/cryptosync`);
}
