import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  findPasswordFiles,
  listFormerProfiles,
  parseAssignments,
  readFormerProfile,
} from '../../../src/clients/former-tree.ts';
import { clientLayout, profileLayout } from '../../../src/clients/layout.ts';
import { parseClientId, parseProfileName } from '../../../src/clients/names.ts';
import { hintOf, refusalOf } from '../../support/refusal.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { writeFiles } from '../../support/tree.ts';

const client = parseClientId('client1');

/** A client's configuration file of the former scripts with this text. */
function former(text: string, profile = 'default') {
  const layout = profileLayout(scratchDirectory(), client, parseProfileName(profile));
  const file = join(layout.configDirectory, `cryptosync.${profile}.conf`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return { layout, file };
}

describe('the lines of an older configuration', () => {
  it.each([
    ['A=/plain/path', '/plain/path'],
    ['A=/a path with spaces/here', '/a path with spaces/here'],
    ['A="/in double quotes/x"', '/in double quotes/x'],
    [`A='/in single quotes/x'`, '/in single quotes/x'],
    [String.raw`A="say \"hi\" for \$5 \\ \n"`, String.raw`say "hi" for $5 \ \n`],
    [String.raw`A='it'\''s'`, "it's"],
    ['A="a"b\'c\'', 'abc'],
    ['A="/x" # why', '/x'],
    ['A="a" "b"', '"a" "b"'],
    ['A="open', '"open'],
    ['export A=/x', '/x'],
    ['  A=/x  ', '/x'],
    ['A=/x\r', '/x'],
    ['A=a=b', 'a=b'],
    ['A=', ''],
    ['A=""', ''],
    ['A=$(touch /tmp/never)', '$(touch /tmp/never)'],
    ['A="$HOME/`id`"', '$HOME/`id`'],
    ['A=first\nA=last', 'last'],
  ])('are data: %j', (text, value) => {
    expect(parseAssignments(text).get('A')).toBe(value);
  });

  it('may be comments, or nothing that says anything', () => {
    const text = '# A=1\n\n#B=2\nmount A=3\nC = 4\n5D=6\nE=7\n';
    expect([...parseAssignments(text)]).toEqual([['E', '7']]);
  });
});

describe('the profile of an older tree', () => {
  it('says what the scripts wrote, and which keys mean nothing here', () => {
    const { layout, file } = former(
      [
        '# CryptoSync configuration for client1',
        'ENCRYPTED_DIR=/srv/client1/vault/encrypted',
        'MOUNT_DIR=/srv/client1/vault/decrypted',
        'REMOTE_NAME=my s3',
        'FILESYSTEM_TYPE=cryfs',
        'CREATED_DATE=2024-03-05T06:07:08+02:00',
        'CLIENT_ID=client1',
        'RETENTION_DAYS=30',
        '',
      ].join('\n'),
    );
    expect(readFormerProfile(layout)).toEqual({
      file,
      engine: 'cryfs',
      encryptedDir: '/srv/client1/vault/encrypted',
      mountDir: '/srv/client1/vault/decrypted',
      remoteName: 'my s3',
      remotePath: undefined,
      createdAt: '2024-03-05T04:07:08Z',
      unknownKeys: ['RETENTION_DAYS'],
    });
  });

  it('may say nothing at all, and is not there for another profile', () => {
    const { layout, file } = former('');
    expect(readFormerProfile(layout)).toEqual({
      file,
      engine: 'gocryptfs',
      encryptedDir: undefined,
      mountDir: undefined,
      remoteName: undefined,
      remotePath: undefined,
      createdAt: undefined,
      unknownKeys: [],
    });
    expect(readFormerProfile({ ...layout, profile: parseProfileName('photos') })).toBeUndefined();
  });

  it.each(['Tue Mar  5 06:07:08 UTC 2024', '2024-03-05', '2024-03-05 06:07:08'])(
    'has a date that some clock printed: %s',
    (date) => {
      expect(readFormerProfile(former(`CREATED_DATE=${date}`).layout)?.createdAt).toMatch(
        /^2024-03-0\dT\d\d:\d\d:\d\dZ$/,
      );
    },
  );

  it('has no date when nobody can read it', () => {
    expect(readFormerProfile(former('CREATED_DATE=yesterday').layout)?.createdAt).toBeUndefined();
  });

  it.each([
    ['FILESYSTEM_TYPE=encfs', /names the file system "encfs"/],
    ['ENCRYPTED_DIR=vault/encrypted', /ENCRYPTED_DIR in .* is not an absolute path/],
    ['MOUNT_DIR=$HOME/x', /MOUNT_DIR in .* is not an absolute path: \$HOME\/x/],
  ])('is refused when it can not be taken over: %s', (line, why) => {
    const { layout, file } = former(line);
    const error = refusalOf(() => readFormerProfile(layout));
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(why) });
    expect(error.message).toContain(file);
    expect(hintOf(error)).toBeTruthy();
  });
});

describe('the profiles of an older tree', () => {
  it('are those that no profile of this tool has taken over', () => {
    const root = scratchDirectory();
    writeFiles(clientLayout(root, client).configDirectory, {
      'cryptosync.default.conf': '',
      'cryptosync.photos.conf': '',
      'photos.json': '{}',
      'cryptosync.a.b.conf': '',
      'cryptosync..hidden.conf': '',
      'cryptosync.conf': '',
      'cryfs.default.conf': '',
      'cryptosync.default.conf.bak': '',
    });
    expect(listFormerProfiles(root, client)).toEqual(['a.b', 'default']);
    expect(listFormerProfiles(root, parseClientId('nobody'))).toEqual([]);
  });
});

describe('passwords in the clear', () => {
  it('are told by their names, wherever the scripts put them, and the vault is not looked into', () => {
    const root = scratchDirectory();
    const layout = clientLayout(root, client);
    writeFiles(layout.directory, {
      'vault_password.txt': 'x',
      'cryptosync/config/.cryfs_passwd': 'x',
      'cryptosync/config/client1.pw': 'x',
      'cryptosync/scripts/passphrase': 'x',
      'cryptosync/config/cryptosync.password.conf': '',
      'cryptosync/config/passwords.json': '{}',
      'cryptosync/scripts/ask_password.sh': '',
      'cryptosync/config/default.json': '{}',
      'vault/encrypted/password': 'x',
      'vault/decrypted/password': 'x',
    });
    mkdirSync(join(layout.configDirectory, 'secrets'));
    expect(findPasswordFiles(layout)).toEqual([
      'vault_password.txt',
      'cryptosync/config/.cryfs_passwd',
      'cryptosync/config/client1.pw',
      'cryptosync/scripts/passphrase',
    ]);
  });
});
