import { globSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const commands = fileURLToPath(new URL('../../src/commands/', import.meta.url));
const files = globSync('**/*.ts', { cwd: commands });

it('no command takes stdin for an argument that was left out: a password may come that way', async () => {
  expect(files).toContain('sync.ts');
  for (const file of files) {
    const { default: command } = await import(join(commands, file));
    for (const [name, arg] of Object.entries<{ ignoreStdin?: boolean }>(command.args ?? {}))
      expect([file, name, arg.ignoreStdin]).toEqual([file, name, true]);
  }
});
