// Makes a fresh clone ready: system packages, npm packages, build. Asks nothing, is safe to repeat, and says
// nothing when there is nothing to do. Plain JavaScript without dependencies: it runs on whatever node (20 or
// newer) the machine has, before node_modules exists.
//
//   node scripts/setup.mjs           what the program itself needs
//   node scripts/setup.mjs --tests   what the test suite needs as well
//   node scripts/setup.mjs --package what making and testing the Debian package needs
//   node scripts/setup.mjs --bench   what the benchmark compares with as well
//   node scripts/setup.mjs --machine what boots a whole Debian as well

import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Debian's name of each system package, the command that shows that it is there, and the daemons that it would start: the
 * tests start their own, and a machine that tests are run on gets no server by it.
 */
const SYSTEM_PACKAGES = [
  { package: 'gocryptfs', command: 'gocryptfs' },
  { package: 'rclone', command: 'rclone' },
  { package: 'fuse3', command: 'fusermount3' },
  { package: 'util-linux', command: 'flock' },
  { package: 'e2fsprogs', command: 'chattr' },
  { package: 'attr', command: 'getfattr' },
  { package: 'cryfs', command: 'cryfs', for: ['tests'] },
  { package: 'zsh', command: 'zsh', for: ['tests'] },
  { package: 'fish', command: 'fish', for: ['tests'] },
  { package: 'tmux', command: 'tmux', for: ['tests'] },
  { package: 'age', command: 'age', for: ['tests'] },
  { package: 'curl', command: 'curl', for: ['tests'] },
  { package: 'jq', command: 'jq', for: ['tests'] },
  { package: 'openssl', command: 'openssl', for: ['tests'] },
  { package: 'perl', command: 'perl', for: ['tests'] },
  { package: 'python3', command: 'python3', for: ['tests'] },
  { package: 'zbar-tools', command: 'zbarimg', for: ['tests'] },
  { package: 'cron', command: 'cron', for: ['tests'], daemons: ['cron.service'] },
  { package: 'systemd', command: 'systemd-analyze', for: ['tests'] },
  { package: 'chromium', command: 'chromium', for: ['tests'] },
  {
    package: 'openssh-server',
    command: 'sshd',
    for: ['tests'],
    daemons: ['ssh.service', 'ssh.socket'],
  },
  { package: 'postgresql', command: 'initdb', for: ['tests'], daemons: ['postgresql.service'] },
  { package: 'prometheus', command: 'promtool', for: ['tests'], daemons: ['prometheus.service'] },
  { package: 'groff-base', command: 'groff', for: ['tests'] },
  { package: 'binutils', command: 'strip', for: ['package'] },
  { package: 'debootstrap', command: 'debootstrap', for: ['package', 'machine'] },
  { package: 'lintian', command: 'lintian', for: ['package'] },
  { package: 'rpm', command: 'rpmbuild', for: ['package'] },
  { package: 'systemd-container', command: 'systemd-nspawn', for: ['machine'] },
  { package: 'restic', command: 'restic', for: ['bench'] },
  { package: 'borgbackup', command: 'borg', for: ['bench'] },
];

/** Keeps what is being installed from starting: for systemd, and for the init scripts. Nothing of it outlives apt-get. */
const withoutStarting = ['SYSTEMD_OFFLINE=1', 'RUNLEVEL=1'];

/** The build is older than its sources when any of these changed after it. */
const BUILD_INPUTS = ['src', 'scripts/build.ts', 'scripts/build', 'package.json', 'package-lock.json'];

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
/** What this was asked to prepare for, besides the main job. */
const isAsked = (purpose) => process.argv.includes(`--${purpose}`);

installSystemPackages();
installNpmPackages();
build();

function installSystemPackages() {
  const missing = SYSTEM_PACKAGES.filter(
    (tool) => (tool.for === undefined || tool.for.some(isAsked)) && !isInstalled(tool.command),
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
    ...['env', 'DEBIAN_FRONTEND=noninteractive', ...withoutStarting],
    ...['apt-get', '-qq', '-o', 'DPkg::Lock::Timeout=300'],
  ];
  run([...aptGet, 'update'], 'The package lists could not be updated.', byHand);
  run([...aptGet, 'install', '--no-install-recommends', '-y', ...names], 'apt-get failed.', byHand);
  keepOff(
    missing.flatMap(({ daemons = [] }) => daemons),
    isRoot ? [] : ['sudo', '-n'],
  );
  const stillMissing = missing.filter((tool) => !isInstalled(tool.command)).map((tool) => tool.command);
  if (stillMissing.length > 0)
    fail(`apt-get succeeded, but these are still missing: ${stillMissing.join(' ')}`);
}

/** Only what was installed just now: what the machine had before is its operator's. */
function keepOff(daemons, asRoot) {
  if (!isInstalled('systemctl')) return;
  const known = daemons.filter((name) => existsSync(path.join('/lib/systemd/system', name)));
  if (known.length === 0) return;
  const disable = [...asRoot, 'env', ...withoutStarting, 'systemctl', 'disable', ...known];
  run(disable, `These would start at the next boot: ${known.join(' ')}.`);
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
  const built = modifiedAt(path.join(root, 'dist/oclif.cjs'));
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
  const folders = [
    ...(process.env.PATH ?? '').split(':'),
    ...['/usr/local/sbin', '/usr/sbin', '/sbin'],
    // Debian keeps each version's tools apart
    ...namesIn('/usr/lib/postgresql').map((version) => `/usr/lib/postgresql/${version}/bin`),
  ];
  return folders.some((folder) => folder !== '' && isExecutable(path.join(folder, command)));
}

function namesIn(folder) {
  return existsSync(folder) ? readdirSync(folder) : [];
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
