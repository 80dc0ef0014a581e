// `npm run quickstart`: the main job on the real tools, in a scratch directory with a folder as the remote. A client's
// files go into a vault and its ciphertext to the remote; then a second server, which has nothing but the remote and
// the password, brings them back, and they are compared. Asks nothing, is safe to repeat, leaves nothing behind.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { compareDirectories, confidentialWord, writeDocuments } from './quickstart/documents.ts';
import { makeScratch, removeScratch } from './quickstart/scratch.ts';
import { Shell } from './quickstart/shell.ts';

/** A link lies on the remote as a small file with its target in it. */
const linkOf = `for text; do ln -s -- "$(cat "$text")" "\${text%.rclonelink}" && rm -- "$text"; done`;

const scratch = makeScratch('quickstart');
const shell = new Shell(scratch);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    shell.stop(signal);
    process.exitCode = 130;
  });
}

try {
  console.log(`All of this happens in ${scratch.path}`);
  writeDocuments(join(scratch.path, 'documents'));
  await backUp();
  await bringBack();
  compare();
} catch (error) {
  console.error(styleText('red', `\nThe quickstart failed: ${(error as Error).message}`));
  process.exitCode ??= 1;
  console.error(`Removing ${scratch.path}`);
} finally {
  await removeScratch(scratch.path);
}

async function backUp(): Promise<void> {
  shell.explain('A server with one client, and a local folder as the remote');
  await shell.run('(umask 077; head -c 24 /dev/urandom | base64 > password)');
  shell.export('CRYPTOSYNC_ROOT', `${scratch.path}/server`);
  await shell.run(
    'cryptosync install --client client1 --remote-type local --remote-path remote --password-file password --bin-dir bin',
  );

  shell.explain("The client's files go into the mounted vault");
  await shell.run('cryptosync mount --client client1 --password-file password');
  await shell.run('cp -a documents/. server/client1/vault/decrypted/');
  await shell.run('ls server/client1/vault/decrypted');
  await shell.run('cryptosync unmount --client client1');

  shell.explain('Its ciphertext goes to the remote, and nothing else');
  await shell.run('cryptosync sync --client client1');
  await shell.run('cryptosync status --client client1');
  await shell.run('ls remote');
  await shell.run(`! grep -r ${confidentialWord} remote`);
}

async function bringBack(): Promise<void> {
  shell.explain('The server burned down. A new one has the remote and the password');
  shell.export('CRYPTOSYNC_ROOT', `${scratch.path}/new-server`);
  await shell.run(
    "rclone copy remote new-server/client1/vault/encrypted --metadata --exclude '/.cryptosync/**'",
  );
  // not by rclone's --links, which 1.60 can't read out of a folder, and follows to set a mode
  await shell.run(
    `find new-server/client1/vault/encrypted -name '*.rclonelink' -exec sh -c '${linkOf}' sh {} +`,
  );
  await shell.run(
    'cryptosync install --client client1 --remote-type local --remote-path remote --password-file password --no-links',
  );
  await shell.run('cryptosync mount --client client1 --password-file password');
  await shell.run(
    'diff -r --no-dereference -x .cryptosync-vault documents new-server/client1/vault/decrypted',
  );

  shell.explain('And its backups go on where they ended');
  await shell.run('cryptosync sync --client client1');
}

/** `diff` said that the content is the same; this looks at modes and times too. */
function compare(): void {
  const restored = join(scratch.path, 'new-server/client1/vault/decrypted');
  if (!existsSync(join(restored, '.cryptosync-vault'))) throw new Error(`${restored} is not mounted`);
  const { entries, bytes, differences } = compareDirectories(join(scratch.path, 'documents'), restored, [
    '.cryptosync-vault',
  ]);
  if (differences.length > 0) throw new Error(`the files came back different:\n${differences.join('\n')}`);
  const size = `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
  const sentence = `The quickstart succeeded: ${entries} files (${size}) came back from the remote as they were, modes and times too.`;
  console.log(`\n${styleText('green', sentence)}`);
}
