/** A remote whose credentials would go over the network in the clear is told wherever one is taken or looked at. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { RcloneSyncExecutor } from '../../src/index.ts';
import { type Installation, it } from '../support/installation.ts';
import { type ClientVault, installVault, vaultOf } from '../support/vault.ts';

const nas = 'http://nas.invalid:8080';
const told = (name: string): RegExp =>
  new RegExp(`the remote ${name} sends its credentials to ${nas} unencrypted[^]*https://`);

const options = [
  '--remote-option',
  `url=${nas}/dav`,
  '--remote-option',
  'user=me',
  '--remote-option',
  'pass=secret1',
];

/** What takes or looks at the remote `nas` of `client1`, whose profile has another one before. */
const places: [name: string, run: (installation: Installation, vault: ClientVault) => Promise<string>][] = [
  [
    'install',
    async (_, vault) =>
      (
        await vault.run(
          'install',
          '--no-links',
          '--force',
          '--remote-name',
          'nas',
          '--remote-type',
          'webdav',
          ...options,
        )
      ).stderr,
  ],
  [
    'install --dry-run',
    async (_, vault) =>
      (
        await vault.run(
          'install',
          '--no-links',
          '--force',
          '--dry-run',
          '--remote-name',
          'nas',
          '--remote-type',
          'webdav',
          ...options,
        )
      ).stderr,
  ],
  [
    'install, with the remote as it stands in rclone.conf',
    async (installation) => {
      define(installation);
      const second = vaultOf(installation, 'client1', undefined, 'second');
      return (await second.run('install', '--no-links', '--remote-name', 'nas')).stderr;
    },
  ],
  [
    'config set',
    async (installation, vault) => {
      define(installation);
      return (await vault.run('config:set', 'remote.name', 'nas')).stderr;
    },
  ],
  [
    'rclone-config',
    async (installation) => {
      const create = ['create', 'nas', 'webdav', `url=${nas}/dav`, 'user=me', 'pass=secret1'];
      return (await installation.cryptosync(['rclone-config', '-c', 'client1', '--json', '--', ...create]))
        .stderr;
    },
  ],
  [
    'doctor',
    async (installation, vault) => {
      define(installation);
      await vault.run('config:set', 'remote.name', 'nas');
      const { findings } = (await vault.run('doctor')).json;
      const found = findings.filter(({ id }: { id: string }) => id === 'remote-unencrypted');
      return found.map(({ what, mend }: { what: string; mend: string }) => `${what} ${mend}`).join('\n');
    },
  ],
];

function define(installation: Installation): void {
  const conf = installation.client('client1', 'rclone', 'rclone.conf');
  const section = `\n[nas]\ntype = webdav\nurl = ${nas}/dav\nuser = me\npass = x\n`;
  writeFileSync(conf, `${readFileSync(conf, 'utf8')}${section}`);
}

it('by every command, which goes on', async ({ installation }) => {
  const vault = await installVault(installation);
  const conf = installation.client('client1', 'rclone', 'rclone.conf');
  const [profile, before] = [vault.profileFile, conf].map((path) => readFileSync(path, 'utf8'));
  for (const [name, run] of places) {
    const stderr = await run(installation, vault);
    expect(`${name}: ${stderr}`).toMatch(told('nas'));
    expect(stderr).not.toContain('secret1');
    writeFileSync(vault.profileFile, profile ?? '');
    writeFileSync(conf, before ?? '');
  }
});

it('and by the library, through onWarning', async ({ installation }) => {
  const warnings: string[] = [];
  const executor = new RcloneSyncExecutor({
    stateDirectory: installation.path('state'),
    environment: installation.environment,
    onWarning: (message) => void warnings.push(message),
  });
  const directory = installation.path('data');
  mkdirSync(directory);
  writeFileSync(installation.path('n.conf'), `[nas]\ntype = webdav\nurl = ${nas}\nuser = me\npass = x\n`, {
    mode: 0o600,
  });
  const targets = [
    { sink: { type: 'webdav', url: nas, user: 'me', password: 'secret1' }, client: 'client1' },
    { configFile: installation.path('n.conf'), name: 'nas', path: 'p' },
  ] as const;
  for (const target of targets) {
    await executor.sync({ directory, target, owner: 'owner-1', encryption: 'none' });
    expect(warnings.pop()).toContain(`sends its credentials to ${nas} unencrypted`);
  }
});
