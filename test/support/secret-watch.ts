/** Watches the machine for secrets in command lines and environments, from a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Watched } from './secret-watcher.ts';

export type { Watched };

export interface Watch {
  /** Ends the watch. @returns what was seen since its beginning */
  stop(): Promise<Watched>;
}

const watcher = fileURLToPath(new URL('./secret-watcher.ts', import.meta.url));

/** @param secrets by the names that the hits will tell. */
export async function watchForSecrets(secrets: Readonly<Record<string, string>>): Promise<Watch> {
  const { NODE_COMPILE_CACHE } = process.env;
  const child = spawn(process.execPath, [watcher], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { NODE_COMPILE_CACHE },
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  child.stdin.write(`${JSON.stringify(secrets)}\n`);
  await once(child.stdout, 'data');
  return {
    async stop() {
      child.stdin.end();
      await once(child, 'close');
      return JSON.parse(said.slice(said.indexOf('\n') + 1)) as Watched;
    },
  };
}
