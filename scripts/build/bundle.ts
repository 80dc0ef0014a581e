import { readFileSync } from 'node:fs';
import { glob, rename, rm } from 'node:fs/promises';
import { rolldown } from 'rolldown';
import { leanBuiltins } from './lean-builtins.ts';
import { leanConf } from './lean-conf.ts';
import { leanOclif, OCLIF_ENTRY } from './lean-oclif.ts';
import { root } from './root.ts';

/**
 * Bundles the library (dist/index.js), oclif's runner (dist/oclif.js) and every command, with its packages, into
 * ES modules that share chunks: a start then reads a handful of files instead of hundreds. Nothing is minified, so
 * that a stack trace says something.
 */
export async function bundle(): Promise<void> {
  const fresh = `${root}dist.new`;
  await rm(fresh, { recursive: true, force: true });
  const build = await rolldown({
    cwd: root,
    input: await entries(),
    platform: 'node',
    tsconfig: false,
    plugins: [leanOclif(packageFacts()), leanConf(), leanBuiltins()],
    onLog(level, log, report) {
      if (level === 'warn' && log.code === 'EVAL') return; // inside ejs and ajv, as they are
      report(level === 'warn' ? 'error' : level, log);
    },
  });
  await build.write({
    dir: 'dist.new',
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    // each file of a start costs half a millisecond to find: what every command shares is one
    codeSplitting: {
      groups: [{ name: 'shared', test: isShared }],
    },
  });
  await build.close();
  // a build that fails leaves the last good one in its place
  await rm(`${root}dist`, { recursive: true, force: true });
  await rename(fresh, `${root}dist`);
}

/** Our own folders below the operations; of the terminal what every command loads. The big packages stay apart. */
const sharedFiles =
  /\/src\/(system|secrets|clients|vaults|remotes)\/|\/src\/terminal\/(base-command|flags|help|style|results|selection|table)\.ts$|\/node_modules\/(valibot|leven)\//;

function isShared(id: string): boolean {
  return sharedFiles.test(id);
}

/** Entry points by their name in dist/. */
async function entries(): Promise<Record<string, string>> {
  const found: Record<string, string> = { index: 'src/index.ts', oclif: OCLIF_ENTRY };
  for await (const file of glob('src/{commands,hooks}/**/*.ts', { cwd: root })) {
    found[file.slice('src/'.length, -'.ts'.length)] = file;
  }
  return found;
}

/** What oclif needs of package.json at run time; built in, so that a start doesn't read it. */
function packageFacts(): object {
  const { name, version, description, type, oclif } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  return { name, version, description, type, oclif };
}
