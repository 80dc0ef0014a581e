import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSettings, settingsFile } from '../../../src/clients/settings.ts';
import { refusalOf } from '../../support/refusal.ts';
import { scratchDirectory } from '../../support/scratch.ts';

describe('the settings', () => {
  it.each([
    [{ CRYPTOSYNC_CONFIG: '/x.json', HOME: '/h', XDG_CONFIG_HOME: '/xdg' }, 0, '/x.json'],
    [{ CRYPTOSYNC_CONFIG: '/x.json' }, 1000, '/x.json'],
    [{ CRYPTOSYNC_CONFIG: '', HOME: '/root' }, 0, '/etc/cryptosync/config.json'],
    [{ HOME: '/h', XDG_CONFIG_HOME: '/xdg' }, 1000, '/xdg/cryptosync/config.json'],
    [{ HOME: '/h', XDG_CONFIG_HOME: '' }, 1000, '/h/.config/cryptosync/config.json'],
    [{ HOME: '/h' }, 1000, '/h/.config/cryptosync/config.json'],
    [{}, 1000, undefined],
  ])('lie where the environment and the user say: %j as uid %d', (environment, userId, file) => {
    expect(settingsFile(environment, userId)).toBe(file);
  });

  it('are none where there is no file', () => {
    expect(readSettings(undefined)).toEqual({});
    expect(readSettings(join(scratchDirectory(), 'none.json'))).toEqual({});
  });

  it.each([
    ['{"root": "/srv", "client": "a", "logFile": "/l"}', undefined],
    ['', /not valid JSON/],
    ['{"root": "srv"}', /root: must be an absolute path/],
    ['{"client": "../a"}', /client: must be a client id/],
    ['{"rooot": "/srv"}', /rooot: there is no such key/],
    ['[]', /is not valid/],
  ])('are read whole or refused with the file and the path in it: %s', (text, why) => {
    const file = join(scratchDirectory(), 'config.json');
    writeFileSync(file, text);
    if (why === undefined) {
      expect(readSettings(file)).toEqual(JSON.parse(text));
      return;
    }
    const error = refusalOf(() => readSettings(file));
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(why) });
    expect(error.message).toContain(file);
  });
});
