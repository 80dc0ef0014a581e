import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/secrets/secret.ts';
import { CryptosyncError } from '../../../src/system/errors.ts';
import { startServer } from '../../../src/system/process/server.ts';
import { type Command, lastLines, run, runUnheard } from '../../../src/system/process.ts';
import { isAlive } from '../../support/machine.ts';
import { scratchDirectory } from '../../support/scratch.ts';

const environment = { PATH: '/usr/bin:/bin' };

function shell(script: string, more: Partial<Command> = {}): Command {
  return { file: '/bin/sh', args: ['-c', script], environment, deadline: 10_000, ...more };
}

describe('a program that is run unheard', () => {
  it.each([
    ['ends well', 0, 1, ''],
    ['ends as it may', 75, 1, ''],
    ['fails', 2, 2, 'it said so\n'],
  ])('%s, and what it said is known where it failed', async (_, exitCode, runs, stderr) => {
    const count = join(scratchDirectory(), 'count');
    const script = `echo it said so >&2; printf x >> ${count}; exit ${exitCode}`;
    expect(await runUnheard(shell(script), [0, 75])).toMatchObject({ exitCode, stderr });
    expect(readFileSync(count, 'utf8')).toHaveLength(runs);
  });
});

describe('run', () => {
  it('gives back the exit code and what was printed', async () => {
    const finished = await run(shell('echo out; echo err >&2; exit 7'));
    expect(finished).toMatchObject({ exitCode: 7, stdout: 'out\n', stderr: 'err\n', timedOut: false });
  });

  it('passes on nothing of its own environment', async () => {
    const { stdout } = await run(shell('env'));
    const names = stdout.split('\n').map((line) => line.split('=')[0]);
    expect(names.filter((name) => !['PATH', 'PWD', 'SHLVL', '_', 'OLDPWD', ''].includes(name ?? ''))).toEqual(
      [],
    );
  });

  it('gives a secret to stdin with one line feed, and closes it', async () => {
    const { stdout } = await run(shell('od -An -c', { input: new Secret('pässword') }));
    expect(stdout.replaceAll(/\s+/g, ' ').trim()).toMatch(/^p .* s s w o r d \\n$/);
  });

  it('is over when the child exits, although a grandchild holds its output', async () => {
    const { stdout } = await run(shell('sleep 60 & echo $!; exit 0'));
    // it is there still, or this throws
    process.kill(Number(stdout), 'SIGKILL');
  });

  it("keeps what a daemon's parent printed, and gives the daemon no pipe to break", async () => {
    const { stdout } = await run(
      shell('echo ready; (sleep 0.3; echo late; echo $? > /dev/null) & exit 0', { daemonises: true }),
    );
    expect(stdout).toBe('ready\n');
  });

  it('ends a child at its deadline, by force when it does not listen', async () => {
    const finished = await run(
      shell('trap "" TERM; sleep 20 & wait; wait', { deadline: 200, killAfter: 200 }),
    );
    expect(finished).toMatchObject({ timedOut: true, signal: 'SIGKILL' });
  });

  it('tells a program that can not be started', async () => {
    const finished = await run({ file: '/nowhere/program', args: [], environment, deadline: 1000 });
    expect(finished.startError).toBe('ENOENT');
  });

  it('tells arguments that are too many for the system', async () => {
    const finished = await run({ ...shell('true'), args: ['-c', 'true', 'x'.repeat(4 * 1024 * 1024)] });
    expect(finished).toMatchObject({ exitCode: undefined, startError: 'E2BIG' });
  });

  it.each(['run', 'runUnheard', 'outputOf', 'startServer', 'startWorker'])(
    'tells that no descriptor is left for a child, whoever starts it: %s',
    (runner) => {
      // a process of its own, which leaves itself none
      const [process_, stream, server, worker] = [
        'process',
        'process/stream',
        'process/server',
        'process/worker',
      ].map((module) => new URL(`../../../src/system/${module}.ts`, import.meta.url).href);
      const script = `import { run, runUnheard } from '${process_}';
        import { outputOf } from '${stream}';
        import { startServer } from '${server}';
        import { startWorker } from '${worker}';
        import { toCryptosyncError } from '${new URL('../../../src/system/errors.ts', import.meta.url).href}';
        import { closeSync, openSync } from 'node:fs';
        const command = { file: '/bin/true', args: [], environment: {}, deadline: 1000 };
        const runners = {
          run: () => run(command), runUnheard: () => runUnheard(command), startServer: () => startServer(command),
          outputOf: () => outputOf(command).next(), startWorker: async () => startWorker(command),
        };
        const held = [];
        try { for (;;) held.push(openSync('/dev/null')); } catch {}
        // one is needed for the inner pipe of a start
        closeSync(held.pop());
        const told = await runners['${runner}']().then(() => 'started', (error) => toCryptosyncError(error).code);
        for (const descriptor of held) closeSync(descriptor);
        console.log(told);`;
      const args = ['--nofile=40:40', process.execPath, '--input-type=module', '-e', script];
      const { stdout, stderr, status } = spawnSync('prlimit', args, { encoding: 'utf8' });
      expect([stdout, stderr, status]).toEqual(['LOCKED\n', '', 0]);
    },
  );

  it('ends the child when the signal aborts, and throws the reason of the abort', async () => {
    const controller = new AbortController();
    const reason = new CryptosyncError('INTERRUPTED', 'by the test');
    const running = run(shell('exec sleep 30', { signal: controller.signal }));
    setTimeout(() => controller.abort(reason), 100);
    await expect(running).rejects.toBe(reason);
  });

  it('starts nothing when the signal has aborted already', async () => {
    const signal = AbortSignal.abort(new CryptosyncError('INTERRUPTED', 'before'));
    await expect(run(shell('exit 0', { signal }))).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });

  it('hands out lines as they come, the last one without an end too', async () => {
    const lines: string[] = [];
    const { stdout } = await run(
      shell('printf "one\\ntwo\\nthree"', { onStdoutLine: (line) => lines.push(line) }),
    );
    expect(lines).toEqual(['one', 'two', 'three']);
    expect(stdout).toBe('');
  });
});

describe('startServer', () => {
  it('runs until it is stopped', async () => {
    const server = await startServer({ file: '/bin/sleep', args: ['60'], environment });
    expect(isAlive(server.pid)).toBe(true);
    await server.stop();
    expect(isAlive(server.pid)).toBe(false);
  });
});

describe('lastLines', () => {
  it('leaves blank lines out and keeps the end', () => {
    expect(lastLines('a\n\nb\nc  \n\n', 2)).toBe('b\nc');
  });
});
