/**
 * The engines of the real tests derive their keys quickly: a vault that is made gets the lowest cost that its format
 * takes, and all else is the engine's own doing. CryFS has no option for that, so its configuration is written before
 * it begins (cheap-cryfs-config.ts). At full cost an opening takes CryFS some 10 s of CPU, gocryptfs 0.3.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pathOf } from './path-of.ts';

const configWriter = fileURLToPath(new URL('cheap-cryfs-config.ts', import.meta.url));

/** @returns what clears up */
export default function setUp(): () => void {
  const gocryptfs = pathOf('gocryptfs');
  const cryfs = pathOf('cryfs');
  const directory = mkdtempSync(join(tmpdir(), 'cryptosync-engines-'));
  chmodSync(directory, 0o755);
  const write = (name: string, lines: readonly string[]): void =>
    writeFileSync(join(directory, name), ['#!/bin/sh', ...lines, ''].join('\n'), { mode: 0o755 });
  if (gocryptfs !== undefined)
    write('gocryptfs', [
      'for word; do',
      `  case $word in -init | -passwd) exec ${gocryptfs} -scryptn 10 "$@" ;; --) break ;; esac`,
      'done',
      `exec ${gocryptfs} "$@"`,
    ]);
  if (cryfs !== undefined)
    write('cryfs', [
      // what it reads the password from to write a configuration is given to CryFS once more
      `read=$(${process.execPath} ${configWriter} "$@" 2>/dev/null) || exec ${cryfs} "$@"`,
      `[ -n "$read" ] || exec ${cryfs} "$@"`,
      'exec <"$read"',
      `rm -r "$(dirname "$read")"`,
      `exec ${cryfs} "$@"`,
    ]);
  process.env['PATH'] = `${directory}:${process.env['PATH']}`;
  // a process that runs TypeScript of ours takes the types out of two hundred files, unless it finds them without
  process.env['NODE_COMPILE_CACHE'] = join(directory, 'compiled');
  process.env['MADE_FOR_ALL_TESTS'] = directory;
  return () => rmSync(directory, { recursive: true, force: true });
}
