/** An rclone.conf with a password, set by an operator in rclone's own dialogue. */
import type { Installation } from './installation.ts';
import { openTerminal } from './terminal.ts';

/** Encrypts the rclone.conf of `client1`. @returns the exit code of the dialogue */
export async function encryptConf(installation: Installation, password: string): Promise<number> {
  const terminal = openTerminal(installation, ['rclone-config', '--client', 'client1']);
  for (const [prompt, answer] of [
    [/s\/q>\s*$/, 's'],
    [/a\/q>\s*$/, 'a'],
    [/NEW configuration password:\s*password:\s*$/, password],
    [/Confirm NEW configuration password:\s*password:\s*$/, password],
    [/c\/u\/q>\s*$/, 'q'],
    [/s\/q>\s*$/, 'q'],
  ] as const) {
    await terminal.waitFor(prompt);
    terminal.enter(answer);
  }
  return await terminal.exitCode();
}
