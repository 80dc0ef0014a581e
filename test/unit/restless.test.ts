import { describe, expect, it } from 'vitest';
import { parseLogLine } from '../../src/remotes/rclone-log.ts';
import { watchSource } from '../../src/remotes/restless.ts';

/** What is found in a log whose errors these are; each as rclone 1.60 says it. */
function found(...errors: { object?: string; msg: string }[]): readonly string[] | undefined {
  const watch = watchSource('/vault/encrypted');
  for (const error of errors) watch.look(parseLogLine(JSON.stringify({ level: 'error', ...error })));
  return watch.found();
}

const updated = {
  object: 'a',
  msg: "Failed to copy: can't copy - source file is being updated (size changed from 100000 to 0)",
};
const torn = { object: 'b', msg: 'corrupted on transfer: sizes differ 1520 vs 696' };
const grown = {
  object: 'c',
  msg: 'Failed to copy: Put "http://127.0.0.1/c": net/http: HTTP/1.x transport connection broken: http: ContentLength=3622 with Body length 4335',
};
const gone = {
  object: 'd/e',
  msg: 'Failed to copy: failed to open source object: open /vault/encrypted/d/e: no such file or directory',
};
const consequences = [
  { object: 'Local file system at /remote', msg: 'not deleting files as there were IO errors' },
  { object: 'Local file system at /remote', msg: 'not deleting directories as there were IO errors' },
  { msg: `Attempt 1/1 failed with 4 errors and: ${torn.msg}` },
];

describe('a source that does not stand still', () => {
  it('is known by what rclone says of files that changed, grew or vanished', () => {
    expect(found(updated, torn, grown, gone, ...consequences)).toEqual(['a', 'b', 'c', 'd/e']);
    expect(found(updated, updated)).toEqual(['a']);
  });

  it('may have lost more files than were planned to be deleted', () => {
    const tooMany = { msg: 'Got fatal error on delete: --max-delete threshold reached' };
    const cancelled = { msg: 'Cancelling sync due to fatal error: failed to delete 2 files' };
    const stopped = { object: 'y', msg: 'Failed to copy: context canceled' };
    expect(
      found(tooMany, cancelled, stopped, { msg: 'Fatal error received - not attempting retries' }),
    ).toEqual([]);
  });

  it('is no excuse for anything else that failed', () => {
    const refused = { object: 'x', msg: 'Failed to copy: dial tcp 127.0.0.1:1: connect: connection refused' };
    expect(found(updated, refused, ...consequences)).toBeUndefined();
    expect(found(refused)).toBeUndefined();
    expect(found({ msg: 'no space left on device' }, updated)).toBeUndefined();
    expect(found(...consequences)).toBeUndefined();
    expect(found()).toBeUndefined();
  });

  it('is not a remote whose directory vanished', () => {
    const lost = { object: 'x', msg: 'Failed to copy: open /mnt/disk/x: no such file or directory' };
    expect(found(lost)).toBeUndefined();
  });
});
