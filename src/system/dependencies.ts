/** The programs that the tool needs from the system: where they are, and how a distribution installs them. */
import { accessSync, closeSync, constants, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { defaultPath, operatorEnvironment } from './environment.ts';
import { CryptosyncError, errnoOf } from './errors.ts';
import { lastLines, run } from './process.ts';

/** A program's name → the package that holds it, the same in all the distributions below. */
const packages = {
  gocryptfs: 'gocryptfs',
  cryfs: 'cryfs',
  rclone: 'rclone',
  fusermount3: 'fuse3',
  flock: 'util-linux',
  'gocryptfs-xray': 'gocryptfs',
  tar: 'tar',
} as const;

export type ToolName = keyof typeof packages;

/** The path of an executable on PATH, or undefined. */
export function findExecutable(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  return (environment['PATH'] ?? defaultPath)
    .split(':')
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, name))
    .find(isExecutable);
}

/** Looks first: an error of node's that says that a file is not there costs as much as four looks. */
function isExecutable(path: string): boolean {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The path of a tool. @throws TOOL_MISSING with the command that installs it. */
export function requireTool(name: ToolName, environment: NodeJS.ProcessEnv): string {
  const path = findExecutable(name, environment);
  if (path === undefined) throw toolMissing([name], environment);
  return path;
}

export function missingTools(names: readonly ToolName[], environment: NodeJS.ProcessEnv): ToolName[] {
  return names.filter((name) => findExecutable(name, environment) === undefined);
}

/** @throws TOOL_MISSING for those that are not there. */
export function verifyTools(names: readonly ToolName[], environment: NodeJS.ProcessEnv): void {
  const missing = missingTools(names, environment);
  if (missing.length > 0) throw toolMissing(missing, environment);
}

export function toolMissing(names: readonly ToolName[], environment: NodeJS.ProcessEnv): CryptosyncError {
  const manager = findPackageManager(environment);
  const wanted = packageNames(names);
  const command = manager && [manager.name, ...manager.install, ...wanted].join(' ');
  return new CryptosyncError('TOOL_MISSING', `not found on PATH: ${names.join(', ')}`, {
    advice: { to: 'install-tools', packages: wanted, command },
    details: { tools: names, packages: wanted },
  });
}

/** Whether this user may use FUSE, told before anything is changed. @throws FUSE_UNAVAILABLE */
export function verifyFuse(device = '/dev/fuse'): void {
  try {
    closeSync(openSync(device, 'r+'));
  } catch (error) {
    const errno = errnoOf(error);
    const isDenied = errno === 'EACCES' || errno === 'EPERM';
    throw new CryptosyncError(
      'FUSE_UNAVAILABLE',
      `FUSE can't be used: ${device} ${isDenied ? "can't be opened by this user" : 'is not there'} (${errno})`,
      {
        advice: isDenied ? { to: 'give-device-access', device } : { to: 'load-fuse' },
        cause: error,
      },
    );
  }
}

function packageNames(names: readonly ToolName[]): string[] {
  return [...new Set(names.map((name) => packages[name]))];
}

interface PackageManager {
  readonly name: string;
  /** Arguments of the command that refreshes the lists, where it is one of its own. */
  readonly refresh?: readonly string[];
  readonly install: readonly string[];
}

const packageManagers: readonly PackageManager[] = [
  { name: 'apt-get', refresh: ['update', '-q'], install: ['install', '-y', '-q', '--no-install-recommends'] },
  { name: 'dnf', install: ['install', '-y', '-q'] },
  { name: 'pacman', install: ['-Sy', '--noconfirm', '--needed'] },
  { name: 'zypper', install: ['--non-interactive', 'install'] },
  { name: 'apk', install: ['add', '--no-cache'] },
];

function findPackageManager(environment: NodeJS.ProcessEnv): PackageManager | undefined {
  return packageManagers.find(({ name }) => findExecutable(name, environment) !== undefined);
}

/** Ten minutes: package lists and packages over a slow line. */
const packageDeadline = 600_000;

/**
 * Installs the packages of the named tools with the distribution's package manager, through sudo when not root.
 * @throws TOOL_MISSING when there is no known package manager, or it fails.
 */
export async function installTools(
  names: readonly ToolName[],
  environment: NodeJS.ProcessEnv,
  userId: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const manager = findPackageManager(environment);
  if (manager === undefined) {
    throw new CryptosyncError(
      'TOOL_MISSING',
      'found no package manager among apt-get, dnf, pacman, zypper, apk',
      {
        advice: { to: 'install-by-hand', packages: packageNames(names) },
      },
    );
  }
  const steps = [
    ...(manager.refresh === undefined ? [] : [manager.refresh]),
    [...manager.install, ...packageNames(names)],
  ];
  for (const step of steps) {
    const words = userId === 0 ? [manager.name, ...step] : ['sudo', '-n', manager.name, ...step];
    const [program = '', ...args] = words;
    const finished = await run({
      file: findExecutable(program, environment) ?? program,
      args,
      environment: { ...operatorEnvironment(environment), DEBIAN_FRONTEND: 'noninteractive' },
      deadline: packageDeadline,
      signal,
    });
    if (finished.exitCode !== 0) {
      throw new CryptosyncError(
        'TOOL_MISSING',
        `\`${words.join(' ')}\` failed: ${lastLines(finished.stderr, 3)}`,
        {
          advice: { to: userId === 0 ? 'mend-then-install' : 'run-as-root-then-install' },
        },
      );
    }
  }
  const missing = missingTools(names, environment);
  if (missing.length > 0) throw toolMissing(missing, environment);
}
