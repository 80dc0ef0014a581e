/** What commands say of a result, on a terminal that is narrower than their sentences. */
import { expect } from 'vitest';
import { makeIdentity } from '../support/age.ts';
import { type Installation, it } from '../support/installation.ts';
import { openTerminal } from '../support/terminal.ts';
import { installVault } from '../support/vault.ts';

const columns = 50;

/** Lines as the command printed them: tmux joins those that the terminal broke. */
async function linesOf(installation: Installation, ...args: string[]): Promise<string[]> {
  const terminal = openTerminal(installation, args, {}, columns);
  expect([args, await terminal.exitCode()]).toEqual([args, 0]);
  const lines = terminal.shown().trimEnd().split('\n');
  terminal.close();
  return lines;
}

it('a result is broken between words, whichever command tells it', async ({ installation }) => {
  const vault = await installVault(installation);
  await vault.put({ 'a file': 'content' });
  await vault.succeed('sync');
  const kept = installation.path('out');
  const commands = [
    ['sync'],
    ['verify'],
    ['restore', '--to', kept],
    ['install', '--no-links', '--dry-run'],
    ['uninstall', '--dry-run'],
    [
      'export',
      '--output',
      installation.path('kept.age'),
      '--recipient',
      makeIdentity(installation).recipient,
    ],
  ];
  for (const [command = '', ...args] of commands) {
    const lines = await linesOf(installation, command, '--client', vault.client, ...args);
    // a path can't be broken, and stands on a line by itself then
    const long = lines.filter((line) => line.length > columns && line.trim().includes(' '));
    expect([command, lines.length > 1, long]).toEqual([command, true, []]);
  }
});
