import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { bashTable } from './completions/bash.ts';
import { fishTable } from './completions/fish.ts';
import { type Command, readCommands } from './completions/model.ts';
import { zshTable } from './completions/zsh.ts';
import { root } from './root.ts';

/** A shell's template, what makes its table of commands, and the script that they become. */
const shells: { template: string; table: (commands: Command[]) => string; script: string }[] = [
  { template: 'template.bash', table: bashTable, script: 'cryptosync.bash' },
  { template: 'template.zsh', table: zshTable, script: '_cryptosync' },
  { template: 'template.fish', table: fishTable, script: 'cryptosync.fish' },
];

/** Writes completions/ from oclif.manifest.json. */
export function writeCompletions(): void {
  const commands = readCommands();
  mkdirSync(`${root}completions`, { recursive: true });
  for (const { template, table, script } of shells) {
    const text = readFileSync(new URL(`completions/${template}`, import.meta.url), 'utf8');
    writeFileSync(
      `${root}completions/${script}`,
      text.replace('@@TABLE@@', () => table(commands)),
    );
  }
}
