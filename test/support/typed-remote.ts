/** A vault's remote as an operator has it who types rclone by hand. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Installation } from './installation.ts';
import { serveWebdav } from './serve.ts';

/**
 * @param remoteDir where the remote's files are. @param workshop takes an `rclone.conf`, where one is needed
 * @returns what stands for REMOTE:PATH
 */
export async function typedRemote(
  kind: string,
  installation: Installation,
  remoteDir: string,
  workshop: string,
): Promise<string> {
  if (kind !== 'WebDAV') return remoteDir;
  const server = await serveWebdav(remoteDir);
  installation.atCleanUp(() => server.stop());
  const lines = ['[away]', 'type = webdav', `url = http://127.0.0.1:${server.port}`, 'vendor = other', ''];
  writeFileSync(join(workshop, 'rclone.conf'), lines.join('\n'));
  return 'away:';
}
