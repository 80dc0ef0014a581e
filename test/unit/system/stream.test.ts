import { describe, expect, it } from 'vitest';
import { feedTo, outputOf } from '../../../src/system/process/stream.ts';
import { isAlive } from '../../support/machine.ts';

const environment = { PATH: '/usr/bin:/bin' };
const shell = (script: string) => ({ file: '/bin/sh', args: ['-c', script], environment, deadline: 10_000 });

async function* chunks(count: number): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < count; index += 1) yield new Uint8Array(65_536);
}

describe('the output of a child', () => {
  it('comes as it is written, and then how it ended', async () => {
    const output = outputOf(shell('head -c 1000000 /dev/zero; echo why >&2; exit 3'));
    let length = 0;
    for (;;) {
      const next = await output.next();
      if (next.done) {
        expect(next.value).toMatchObject({ exitCode: 3, stderr: 'why\n' });
        break;
      }
      length += next.value.length;
    }
    expect(length).toBe(1_000_000);
  });

  it('ends the child when nobody reads on', async () => {
    const output = outputOf(shell('echo $$; while :; do echo; done'));
    const first = await output.next();
    const pid = Number(String(first.value).split('\n')[0]);
    await output.return({ exitCode: 0, signal: undefined, stderr: '' });
    await expect.poll(() => isAlive(pid)).toBe(false);
  });
});

describe('what a child is fed', () => {
  it('is read to its end', async () => {
    expect(await feedTo(shell('test "$(wc -c)" = 3276800'), chunks(50))).toMatchObject({
      exitCode: 0,
      isRead: true,
    });
  });

  it('is not read on when the child has ended, which is told', async () => {
    expect(await feedTo(shell('exit 4'), chunks(1_000_000))).toMatchObject({ exitCode: 4, isRead: false });
  });

  it('may fail, and its error is thrown', async () => {
    const failing = (async function* () {
      yield new Uint8Array(10);
      throw new Error('torn');
    })();
    await expect(feedTo(shell('cat >/dev/null'), failing)).rejects.toThrow('torn');
  });

  it('stops when it is called off', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    const fed = feedTo({ ...shell('cat >/dev/null'), signal: controller.signal }, chunks(10_000_000));
    await expect(fed).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});
