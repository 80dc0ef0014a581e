import { describe, expect, it } from 'vitest';
import { checkProfile } from '../../../src/clients/profile.ts';
import { checkOptions } from '../../../src/executor/check-options.ts';
import type { ExecutorOptions } from '../../../src/executor/options.ts';
import { adapterFor } from '../../../src/remotes/sinks/index.ts';
import { parseDeleteLimit, verifyBandwidthLimit } from '../../../src/remotes/tuning.ts';
import { parseDuration } from '../../../src/system/clock.ts';

const accepts = (action: () => unknown): boolean => {
  try {
    return action() !== undefined;
  } catch {
    return false;
  }
};
const inProfile = (change: object): boolean =>
  'profile' in
  checkProfile({
    version: 1,
    engine: 'gocryptfs',
    encryptedDir: '/e',
    mountDir: '/m',
    createdAt: '2026-01-31T02:00:00Z',
    ...change,
  });
const inLibrary = (change: object): boolean =>
  accepts(() =>
    checkOptions({
      directory: '/d',
      owner: 'o',
      encryption: 'none',
      target: { configFile: '/c', name: 'n', path: '' },
      ...change,
    } as ExecutorOptions),
  );
const inSink = (change: object): boolean =>
  accepts(() =>
    adapterFor({ type: 'local', root: '/d' } as never).getRcloneArgs({
      type: 'local',
      root: '/d',
      ...change,
    } as never),
  );

/** Texts, and whether each says something. */
const judged = (right: readonly string[], wrong: readonly string[]): [string, boolean][] => [
  ...right.map((text): [string, boolean] => [text, true]),
  ...wrong.map((text): [string, boolean] => [text, false]),
];
const deleteLimits = judged(
  ['0', '25', '10%', '100%', '999999999'],
  ['', '-1', '1.5', '101%', '500%', '%', '10 %', 'ten', '1e3', '10%%'],
);
const bandwidthLimits = judged(
  ['10M', '10M:1M', '08:00,512k 19:00,off', 'off'],
  ['', 'foo', '10X', '1MB', '8:00,1M', '10M\n', '1M --config x', '25:00,1M'],
);
const durations = judged(
  ['0', '30d', '1h30m', '500ms'],
  ['', '30', 'soon', '1.5h', '-1d', '99999999999999999d', '1 d'],
);
const patterns = judged(['*.pdf', '/a/**', '{a,b}'], ['', '{a', 'a\n- *', '[', 'a\\']);

describe('what checks a value when it is set checks it when it is used', () => {
  it.each(deleteLimits)('the limit of deletions %j', (text, isRight) => {
    const used = accepts(() => parseDeleteLimit(text));
    const set = [inProfile({ maxDelete: text }), inLibrary({ maxDelete: text })];
    expect([used, ...set]).toEqual([isRight, isRight, isRight]);
  });

  it.each(bandwidthLimits)('the limit of the bandwidth %j', (text, isRight) => {
    expect([
      accepts(() => verifyBandwidthLimit(text)),
      inProfile({ bwlimit: text }),
      inLibrary({ bandwidthLimit: text }),
      inSink({ bandwidthLimit: text }),
    ]).toEqual([isRight, isRight, isRight, isRight]);
  });

  it.each(durations)('the duration %j', (text, isRight) => {
    expect([
      parseDuration(text) !== undefined,
      inProfile({ keepDeleted: text }),
      inProfile({ idle: text }),
      inLibrary({ keepDeleted: text }),
    ]).toEqual([isRight, isRight, isRight, isRight]);
  });

  it.each(patterns)('the pattern %j', (text, isRight) => {
    const one = inProfile({ mappings: [{ include: [text] }] });
    expect([one, inLibrary({ include: [text] })]).toEqual([isRight, isRight]);
  });
});
