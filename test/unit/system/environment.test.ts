import { describe, expect, it } from 'vitest';
import {
  defaultPath,
  minimalEnvironment,
  operatorEnvironment,
  rcloneEnvironment,
} from '../../../src/system/environment.ts';

const environment = {
  PATH: '/p',
  HOME: '/h',
  LANG: 'C',
  HTTPS_PROXY: 'http://proxy',
  AWS_ACCESS_KEY_ID: 'id',
  RCLONE_DRY_RUN: 'true',
  rclone_exclude: '*',
  RCLONE_CONFIG_X_TYPE: 'local',
  RCLONE_CONFIG_PASS: 'pass',
  CRYPTOSYNC_ROOT: '/r',
  CRYPTOSYNC_PASSWORD: 'password',
  CRYPTOSYNC_NEW_PASSWORD: 'new',
  CRYPTOSYNC_ENCRYPTION_KEY: 'key',
  CRYPTOSYNC_ENCRYPTION_SALT: 'salt',
  NOTIFY_SOCKET: '/run/systemd/notify',
  LISTEN_PID: '1',
  LISTEN_FDS: '1',
  LISTEN_FDNAMES: 'cryptosync.socket',
  WATCHDOG_PID: '1',
  WATCHDOG_USEC: '1000000',
  ABSENT: undefined,
};

describe('the environment of children', () => {
  it('is next to nothing for an engine', () => {
    expect(minimalEnvironment(environment)).toEqual({ PATH: '/p', HOME: '/h', LANG: 'C' });
  });

  it('keeps proxies and cloud credentials for rclone, and none of what changes rclone or is secret', () => {
    expect(rcloneEnvironment(environment)).toEqual({
      PATH: '/p',
      HOME: '/h',
      LANG: 'C',
      HTTPS_PROXY: 'http://proxy',
      AWS_ACCESS_KEY_ID: 'id',
      RCLONE_CONFIG_PASS: 'pass',
    });
  });

  it("is the operator's own without our secrets for an editor or a password command", () => {
    const given = operatorEnvironment(environment);
    expect(given).toMatchObject({ RCLONE_DRY_RUN: 'true', CRYPTOSYNC_ROOT: '/r' });
    expect(Object.values(given)).not.toEqual(expect.arrayContaining(['password']));
    expect(Object.keys(given).filter((name) => /PASSWORD|ENCRYPTION|ABSENT/.test(name))).toEqual([]);
  });

  it.each([minimalEnvironment, rcloneEnvironment, operatorEnvironment])(
    'has nothing by which it could speak to systemd in our name (%#)',
    (make) => {
      expect(Object.keys(make(environment)).filter((name) => /NOTIFY|LISTEN|WATCHDOG/.test(name))).toEqual(
        [],
      );
    },
  );

  it.each([minimalEnvironment, rcloneEnvironment, operatorEnvironment])('always has a PATH (%#)', (make) => {
    expect(make({})['PATH']).toBe(defaultPath);
  });
});
