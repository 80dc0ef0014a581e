/** `install --with-deps`: the distribution's own package manager, called so that it asks nothing. */
import { chmodSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstallation, type Installation } from '../support/installation.ts';
import { allTools, pathWith, toolOnThisMachine } from '../support/recording-tools.ts';
import type { CommandResult } from '../support/running-command.ts';

let installation: Installation;

beforeAll(() => {
  installation = createInstallation();
});

afterAll(() => installation.cleanUp());

const missing = ['gocryptfs', 'rclone', 'fusermount3'];

/** A PATH with a package manager on it that writes down its arguments and, told so, brings the missing tools. */
function machineWith(
  manager: string,
  brings: 'tools' | 'nothing' | 'failure',
): { PATH: string; notes: string } {
  const directory = installation.path(`${manager}-${brings}`);
  const PATH = pathWith(directory, [...allTools.filter((name) => !missing.includes(name)), 'ln', 'env']);
  const notes = installation.path(`${manager}-${brings}.notes`);
  const links = missing.map((name) => `ln -sf '${toolOnThisMachine(name)}' '${join(directory, name)}'`);
  const action = { tools: links.join('\n'), nothing: ':', failure: 'echo "no such package" >&2; exit 100' }[
    brings
  ];
  const file = join(directory, manager);
  writeFileSync(file, `#!/bin/sh\necho "$DEBIAN_FRONTEND $*" >> '${notes}'\n${action}\n`);
  chmodSync(file, 0o755);
  return { PATH, notes };
}

const install = (client: string, PATH: string, ...args: string[]): Promise<CommandResult> =>
  installation.cryptosync(['install', '--client', client, '--no-links', '--json', ...args], {
    env: { PATH },
  });

describe('install --with-deps', () => {
  it.each([
    ['apt-get', ['update -q', 'install -y -q --no-install-recommends gocryptfs fuse3 rclone']],
    ['dnf', ['install -y -q gocryptfs fuse3 rclone']],
    ['pacman', ['-Sy --noconfirm --needed gocryptfs fuse3 rclone']],
    ['zypper', ['--non-interactive install gocryptfs fuse3 rclone']],
    ['apk', ['add --no-cache gocryptfs fuse3 rclone']],
  ])('lets %s bring what is missing, asking nothing, and then sets the client up', async (manager, calls) => {
    const { PATH, notes } = machineWith(manager, 'tools');
    const result = await install(manager, PATH, '--with-deps');
    expect(result, result.stdout).toMatchObject({ exitCode: 0, json: { client: manager } });
    expect(readFileSync(notes, 'utf8').trim().split('\n')).toEqual(
      calls.map((call) => `noninteractive ${call}`),
    );
    expect(existsSync(installation.client(manager, 'vault', 'encrypted', 'gocryptfs.conf'))).toBe(true);
  });

  it('calls no package manager when nothing is missing', async () => {
    const { PATH, notes } = machineWith('apt-get', 'nothing');
    for (const name of missing) symlinkSync(toolOnThisMachine(name), join(PATH, name));
    expect(await install('complete', PATH, '--with-deps')).toMatchObject({ exitCode: 0 });
    expect(existsSync(notes)).toBe(false);
  });

  it.each(['failure', 'nothing'] as const)(
    'is TOOL_MISSING, and no vault is made, when the package manager ends with %s',
    async (brings) => {
      const { PATH } = machineWith('dnf', brings);
      const result = await install(`dnf-${brings}`, PATH, '--with-deps');
      expect(result).toMatchObject({ exitCode: 11, json: { error: { code: 'TOOL_MISSING' } } });
      if (brings === 'failure') expect(result.json.error.message).toContain('no such package');
      expect(existsSync(installation.client(`dnf-${brings}`, 'vault', 'encrypted'))).toBe(false);
    },
  );

  it('names the packages where there is no package manager that it knows', async () => {
    const PATH = pathWith(
      installation.path('bare'),
      allTools.filter((name) => !missing.includes(name)),
    );
    const result = await install('bare', PATH, '--with-deps');
    expect(result).toMatchObject({ exitCode: 11, json: { error: { code: 'TOOL_MISSING' } } });
    expect(result.json.error.hint).toContain('gocryptfs, fuse3, rclone');
  });
});
