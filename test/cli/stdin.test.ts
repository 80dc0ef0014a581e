import { afterAll, beforeAll, expect, it } from 'vitest';
import { createInstallation, type Installation, vaultPassword } from '../support/installation.ts';
import { pause } from '../support/machine.ts';
import { toolOnThisMachine } from '../support/recording-tools.ts';
import { program } from '../support/running-command.ts';

let installation: Installation;
const without = { CRYPTOSYNC_PASSWORD: undefined };

beforeAll(async () => {
  installation = createInstallation();
  expect(await installation.cryptosync(['install', '--client', 'a', '--no-links'])).toMatchObject({
    exitCode: 0,
  });
});

afterAll(() => installation.cleanUp());

it('waits for a password that another program thinks about', async () => {
  const script = `{ sleep 1; echo '${vaultPassword}'; } | "$@"`;
  const mount = [process.execPath, program, 'mount', '--client', 'a', '--password-file', '-'];
  const environment = { ...installation.environment, ...without };
  const mounted = await installation.runProgram(toolOnThisMachine('sh'), ['-c', script, 'sh', ...mount], {
    environment,
  });
  expect(mounted, mounted.stderr).toMatchObject({ exitCode: 0 });
  await installation.cryptosync(['unmount', '--client', 'a']);
});

it('waits for it also where stdin does not block, and takes it in pieces', async () => {
  // Node gives its children a socket for stdin; a shell that shares a pipe may have made it non-blocking
  const args = ['mount', '--client', 'a', '--password-file', '-'];
  const running = installation.start(args, { env: without, keepStdinOpen: true });
  for (const piece of [vaultPassword.slice(0, 5), vaultPassword.slice(5), '\n']) {
    await pause(400);
    running.child.stdin?.write(piece);
  }
  running.child.stdin?.end();
  expect(await running.finished).toMatchObject({ exitCode: 0 });
  await installation.cryptosync(['unmount', '--client', 'a']);
});

it('asks for the password of several vaults on stdin once', async () => {
  await installation.cryptosync(['install', '--client', 'b', '--no-links']);
  const args = ['mount', '--client', 'a', '--client', 'b', '--password-file', '-', '--json'];
  const both = await installation.cryptosync(args, { env: without, input: `${vaultPassword}\n` });
  expect(both, both.stdout).toMatchObject({
    exitCode: 0,
    json: { results: [{ changed: true }, { changed: true }] },
  });
  expect(await installation.cryptosync(['unmount', '--all'])).toMatchObject({ exitCode: 0 });
});
