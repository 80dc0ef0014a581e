/**
 * The engines of the real tests derive their keys quickly: a vault that is made gets the lowest cost that its format
 * takes, and all else is the engine's own doing. CryFS has no option for that, so its configuration is written before
 * it begins (cheap-cryfs-config.ts). At full cost an opening takes CryFS some 10 s of CPU, gocryptfs 0.3.
 *
 * What rclone says of itself is the same each time, and asked by each install and each look of the doctor: it says it once.
 * What is written is left to the kernel: what a power failure would leave no test can see, and `sync` waits for all that
 * anybody writes on the same disk.
 */
import { execFileSync } from 'node:child_process';
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
  const rclone = pathOf('rclone');
  const directory = mkdtempSync(join(tmpdir(), 'cryptosync-engines-'));
  chmodSync(directory, 0o755);
  // a process that runs TypeScript of ours takes the types out of two hundred files, unless it finds them without
  const compiled = join(directory, 'compiled');
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
      // a question about its version, or a vault that was made
      `[ $# -gt 1 ] || exec ${cryfs} "$@"`,
      `for word; do [ ! -e "$word/cryfs.config" ] || exec ${cryfs} "$@"; done`,
      // what it reads the password from to write a configuration is given to CryFS once more
      `read=$(NODE_COMPILE_CACHE=${compiled} ${process.execPath} ${configWriter} "$@" 2>/dev/null) || exec ${cryfs} "$@"`,
      `[ -n "$read" ] || exec ${cryfs} "$@"`,
      'exec <"$read"',
      `rm -r "$(dirname "$read")"`,
      `exec ${cryfs} "$@"`,
    ]);
  if (rclone !== undefined) {
    const answering = (...words: string[]): string => {
      const file = join(directory, `rclone ${words.join(' ')}`);
      const args = [...words, '--config', '/dev/null'];
      writeFileSync(file, execFileSync(rclone, args, { maxBuffer: 2 ** 26 }));
      return `'${args.join(' ')}' | '${args.join(' ')} '*) exec ${pathOf('cat')} '${file}' ;;`;
    };
    const known = [answering('version'), answering('config', 'providers')];
    write('rclone', ['case "$*" in', ...known, 'esac', `exec ${rclone} "$@"`]);
  }
  write('sync', ['exit 0']);
  process.env['PATH'] = `${directory}:${process.env['PATH']}`;
  process.env['NODE_COMPILE_CACHE'] = compiled;
  process.env['MADE_FOR_ALL_TESTS'] = directory;
  const clearUp = (): void => rmSync(directory, { recursive: true, force: true });
  // the processes of the tests write down what they compiled as they end, which some do after this is cleared up
  process.once('exit', clearUp);
  return clearUp;
}
