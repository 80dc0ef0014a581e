// Makes a fresh clone ready: system packages, npm packages, build. Asks nothing, is safe to repeat, and says
// nothing when there is nothing to do. Plain JavaScript without dependencies: it runs on whatever node (20 or
// newer) the machine has, before node_modules exists.
//
//   node scripts/setup.mjs           what the program itself needs
//   node scripts/setup.mjs --tests   what the test suite needs as well

import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Debian's name of each system package, and the command that shows that it is there. */
const SYSTEM_PACKAGES = [
  { package: 'gocryptfs', command: 'gocryptfs' },
  { package: 'rclone', command: 'rclone' },
  { package: 'fuse3', command: 'fusermount3' },
  { package: 'util-linux', command: 'flock' },
  { package: 'e2fsprogs', command: 'chattr' },
  { package: 'cryfs', command: 'cryfs', testsOnly: true },
  { package: 'zsh', command: 'zsh', testsOnly: true },
  { package: 'fish', command: 'fish', testsOnly: true },
  { package: 'tmux', command: 'tmux', testsOnly: true },
  { package: 'openssh-server', command: 'sshd', testsOnly: true },
];

/** The build is older than its sources when any of these changed after it. */
const BUILD_INPUTS = ['src', 'scripts/build.ts', 'scripts/build', 'package.json', 'package-lock.json'];

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const forTests = process.argv.includes('--tests');

installSystemPackages();
installNpmPackages();
build();

function installSystemPackages() {
  const missing = SYSTEM_PACKAGES.filter(
    (tool) => (forTests || !tool.testsOnly) && !isInstalled(tool.command),
  );
  if (missing.length === 0) return;
  const names = missing.map((tool) => tool.package);
  const byHand = `Install them yourself, then run this again: ${names.join(' ')}`;
  if (!isInstalled('apt-get')) fail(`These system packages are missing, and there is no apt-get. ${byHand}`);
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && !isInstalled('sudo'))
    fail(`These system packages are missing, and this is not root. ${byHand}`);

  say(`installing system packages: ${names.join(' ')}`);
  const aptGet = [
    ...(isRoot ? [] : ['sudo', '-n']),
    ...['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', '-o', 'DPkg::Lock::Timeout=300'],
  ];
  run([...aptGet, 'update'], 'The package lists could not be updated.', byHand);
  run([...aptGet, 'install', '--no-install-recommends', '-y', ...names], 'apt-get failed.', byHand);
  const stillMissing = missing.filter((tool) => !isInstalled(tool.command)).map((tool) => tool.command);
  if (stillMissing.length > 0)
    fail(`apt-get succeeded, but these are still missing: ${stillMissing.join(' ')}`);
}

function installNpmPackages() {
  // npm writes this copy of the lock file last, so that it is also the mark of a finished install.
  const installed = modifiedAt(path.join(root, 'node_modules/.package-lock.json'));
  const hasNode = existsSync(path.join(root, 'node_modules/.bin/node'));
  if (hasNode && installed >= modifiedAt(path.join(root, 'package-lock.json'))) return;
  say('installing npm packages');
  // Errors only: npm would otherwise warn that the machine's node is older than the one being installed.
  run(['npm', 'ci', '--include=dev', '--loglevel=error', '--no-audit', '--no-fund'], 'npm ci failed.');
}

function build() {
  const built = modifiedAt(path.join(root, 'dist/oclif.js'));
  if (built >= Math.max(...BUILD_INPUTS.map((input) => newestIn(path.join(root, input))))) return;
  say('building');
  run([path.join(root, 'node_modules/.bin/node'), 'scripts/build.ts'], 'The build failed.');
}

/** Newest modification in a file or tree, in ms; folders count too, as removing a file changes only its folder. */
function newestIn(entry) {
  const own = modifiedAt(entry);
  if (own === 0 || !statSync(entry).isDirectory()) return own;
  return Math.max(own, ...readdirSync(entry).map((name) => newestIn(path.join(entry, name))));
}

function modifiedAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function isInstalled(command) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders.some((folder) => folder !== '' && isExecutable(path.join(folder, command)));
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Runs a command quietly; when it fails, shows what it printed and ends. */
function run([command, ...args], problem, hint = '') {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  if (result.status === 0) return;
  process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`);
  fail(`${problem} ${result.error?.message ?? ''} ${hint}`.trim());
}

function say(message) {
  process.stderr.write(`setup: ${message}\n`);
}

function fail(message) {
  process.stderr.write(`setup: ${message}\n`);
  process.exit(1);
}
