import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const streams = new URL('../../../src/terminal/streams.ts', import.meta.url).href;

/** Runs code in a node of its own, whose stdout and stderr are pipes. @param after what the shell does with its output */
function output(code: string, after = ''): string {
  const script = `import { prepareStreams, writeOut } from '${streams}'; ${code}`;
  const shell = `{ "$1" --input-type=module -e "$2"; echo "exit $?" >&2; } ${after}`;
  return execFileSync('/bin/sh', ['-c', `{ ${shell}; } 2>&1`, 'sh', process.execPath, script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1e8,
  });
}

const isStreamMade = `process.moduleLoadList.includes('NativeModule net')`;

describe('what the process writes to', () => {
  it('is no stream while only a document is written', () => {
    expect(output(`prepareStreams(); writeOut('document\\n'); writeOut(${isStreamMade} + '\\n');`)).toBe(
      'document\nfalse\nexit 0\n',
    );
  });

  it.each(['stdout', 'stderr'])('is prepared when %s is first looked at, once', (name) => {
    const listeners = `process.${name}.listenerCount('error')`;
    expect(output(`prepareStreams(); writeOut([${listeners}, ${listeners}].join() + '\\n');`)).toBe(
      '1,1\nexit 0\n',
    );
  });

  it('gets all of a document, also where the pipe does not wait for its reader', () => {
    const nonBlocking = `new (process.getBuiltinModule('node:net').Socket)({ fd: 1, readable: false });`;
    const written = output(
      `${nonBlocking} writeOut('x'.repeat(1e6)); process.exit();`,
      '| { sleep 0.3; cat; }',
    );
    expect(written.replace('exit 0\n', '')).toBe('x'.repeat(1e6));
  });

  it.each([`writeOut('x'.repeat(1e6))`, `process.stdout.write('x'.repeat(1e6))`])(
    'fails nobody when the reader goes away: %s',
    (write) => {
      expect(output(`prepareStreams(); ${write};`, '| true')).toBe('exit 0\n');
    },
  );

  it('tells once that there is no room, however often and by whatever way it writes', () => {
    const write = `process.stdout.write('x'); writeOut('x'); process.stdout.write('x'); writeOut('x');`;
    expect(output(`prepareStreams(); ${write}`, '> /dev/full')).toBe(
      "error: what this prints can't be written: no space is left [DISK_FULL]\nexit 14\n",
    );
  });
});
