/** The search for keys in a process's memory, on which what is promised about them rests: it misses none. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { obscure } from '../../src/remotes/rclone/obscure.ts';
import { Secret } from '../../src/secrets/secret.ts';
import { keysInMemory, relatedKeys } from '../support/memory.ts';

const keys = relatedKeys(['everywhere', 'first', 'last', 'covered']);
const { everywhere = '', first = '', last = '', covered = '' } = keys;

/**
 * Has 200 copies in a row, over more than two pages whose bounds cut some in two, and the other words at the ends of
 * memory that was never touched in between. Each is made of its bytes turned round, so that it stands nowhere else.
 */
const holder = `
const turned = process.argv.slice(1).map((word) => Buffer.from(word, 'hex'));
const put = (word, to, at) => word.forEach((byte, index) => { to[at + index] = 255 - byte; });
const row = Buffer.alloc(200 * turned[0].length);
for (let at = 0; at < row.length; at += turned[0].length) put(turned[0], row, at);
const wide = Buffer.alloc(200 * 1024 * 1024 - 16);
put(turned[1], wide, 0);
put(turned[2], wide, wide.length - turned[2].length);
put(turned[3], wide, 100 * 1024 * 1024 - 20);
console.log('ready');
setInterval(() => [row, wide], 1000);
`;

test('finds what lies across pages, in the first and in the last, and what rclone obscured', async () => {
  const words = [everywhere, first, last, obscure(new Secret(covered))];
  const turned = words.map((word) =>
    Buffer.from(Buffer.from(word).map((byte) => 255 - byte)).toString('hex'),
  );
  const child = spawn(process.execPath, ['-e', holder, ...turned], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  expect(keysInMemory(child.pid ?? -1, keys)).toEqual({
    'everywhere: text': 200,
    'first: text': 1,
    'last: text': 1,
    'covered: obscured': 1,
  });
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(keysInMemory(child.pid ?? -1, keys)).toEqual({});
});
