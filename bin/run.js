#!/usr/bin/env node
// Starts the built command line. An old node must be able to parse this file, to be told that it is old.

// Without a listener node opens its debugger at this signal (`dd` takes it for "tell me how far you are"): then every
// user of the machine could run code in this process, on 127.0.0.1:9229.
process.on('SIGUSR1', () => {});

// What is written here must be readable for whoever wrote it. What the operator keeps from others stays kept from them.
process.umask(process.umask(0o077) & 0o077);

const [major, minor, patch] = process.versions.node.split('.').map(Number);
const isSupported =
  major >= 26 ||
  (major === 24 && minor >= 15) ||
  (major === 22 && (minor > 22 || (minor === 22 && patch >= 2)));

if (isSupported) {
  void start();
} else {
  console.error(`cryptosync needs node ^22.22.2, ^24.15 or >=26, and this is node ${process.versions.node}.`);
  process.exitCode = 2;
}

async function start() {
  const { openChunks } = await import('./chunks.js');
  const root = process.getBuiltinModule('node:url').fileURLToPath(new URL('..', import.meta.url));
  const args = process.argv.slice(2);
  const load = openChunks(`${root}dist/`, cacheFolder(args), args);
  const { handle, pjson, run } = load('oclif.cjs');
  try {
    await run(args, { root, pjson, userPlugins: false, devPlugins: false });
  } catch (error) {
    // What no command could catch: there is no such command. Everything else is oclif's own.
    const unknown = /^command (.*) not found\.?$/i.exec(error.message)?.[1];
    if (unknown === undefined) await handle(error);
    else load('unknown-command.cjs').tellUnknownCommand(unknown.replaceAll(':', ' '), root);
  }
}

/**
 * Where V8's compiled code is kept between runs. Whoever can write there can have code run by whoever reads it: so never
 * in a shared folder such as /tmp, never where root would follow somebody else's environment, and only in a folder
 * that is this user's alone. Without such a folder a start takes some 20 ms longer.
 */
function cacheFolder(args) {
  const fs = process.getBuiltinModule('node:fs');
  const userId = process.getuid();
  const { XDG_CACHE_HOME, HOME, NODE_DISABLE_COMPILE_CACHE } = process.env;
  if (NODE_DISABLE_COMPILE_CACHE) return undefined;
  const caches = userId === 0 ? '/var/cache' : XDG_CACHE_HOME || `${HOME}/.cache`;
  if (!caches.startsWith('/')) return undefined;
  const folder = `${caches}/cryptosync`;
  try {
    if (!fs.existsSync(folder)) fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = fs.lstatSync(folder);
    if (uid !== userId || (mode & 0o170077) !== 0o040000) return undefined;
    // the syncs of a server are processes of node's own start
    if (args[0] === 'serve') process.getBuiltinModule('node:module').enableCompileCache(folder);
    return folder;
  } catch {
    // No home, a read-only file system: nothing that would matter to anybody.
    return undefined;
  }
}
