import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { appendLine, readIfPresent } from '../../../src/system/files.ts';
import { readFollowing, readRegular } from '../../../src/system/paths/regular-file.ts';
import { readPatiently } from '../../../src/system/waiting.ts';
import { scratchDirectory } from '../../support/scratch.ts';

/** What can stand at the path of a file, and is none. */
const things: Readonly<Record<string, (path: string) => unknown>> = {
  directory: (path) => mkdirSync(path),
  FIFO: (path) => execFileSync('mkfifo', [path]),
  'device that never ends': (path) => symlinkSync('/dev/zero', path),
  'device that is empty': (path) => symlinkSync('/dev/null', path),
  socket: (path) =>
    new Promise<void>((resolve) => {
      const server = createServer().listen(path, resolve);
      onTestFinished(() => void server.close());
    }),
};

describe('a small file', () => {
  it('is read whole, is absent where nothing is, and must be there where it must', () => {
    const path = join(scratchDirectory(), 'file');
    expect(readIfPresent(path)).toBeUndefined();
    expect(readIfPresent(join(path, 'below'))).toBeUndefined();
    expect(() => readFollowing(path)).toThrow(expect.objectContaining({ code: 'ENOENT', path }));
    const content = Buffer.alloc(200_000, 'ä');
    writeFileSync(path, content);
    expect(readIfPresent(path)?.equals(content)).toBe(true);
    expect(readIfPresent('/proc/self/status')?.length).toBeGreaterThan(100);
  });

  it.each(Object.entries(things))(
    'is neither read nor written nor waited for where a %s stands',
    async (_, make) => {
      const path = join(scratchDirectory(), 'thing');
      await make(path);
      const refused = expect.objectContaining({ code: expect.stringMatching(/^(CONFIG_INVALID|EISDIR)$/) });
      expect(() => readIfPresent(path)).toThrow(refused);
      expect(() => readFollowing(path)).toThrow(refused);
      expect(() => appendLine(path, 'a line', 0o600)).toThrow();
    },
  );

  it('is not read where it is bigger than any of ours', () => {
    const path = join(scratchDirectory(), 'file');
    writeFileSync(path, '');
    truncateSync(path, 2 ** 28 + 1);
    const refused = expect.objectContaining({ code: 'CONFIG_INVALID' });
    expect(() => readIfPresent(path)).toThrow(refused);
    expect(() => readRegular(path)).toThrow(refused);
  });
});

describe('what another program gives', () => {
  const patience = { longest: 1000, deadline: 300 };

  it('is waited for as long as it may take, and no longer', async () => {
    const path = join(scratchDirectory(), 'fifo');
    execFileSync('mkfifo', [path]);
    await expect(readPatiently(path, patience)).rejects.toThrow(/gave nothing within 0.3 s/);
    const interrupted = AbortSignal.timeout(50);
    const endless = { ...patience, deadline: Number.POSITIVE_INFINITY, signal: interrupted };
    await expect(readPatiently(path, endless)).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });

  it('has an end', async () => {
    await expect(readPatiently('/dev/zero', patience)).rejects.toThrow(/more than 1000 bytes/);
    expect((await readPatiently('/dev/null', patience)).length).toBe(0);
  });
});
