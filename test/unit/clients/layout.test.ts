import { describe, expect, it } from 'vitest';
import { clientLayout, profileLayout, vaultLock } from '../../../src/clients/layout.ts';
import { parseClientId, parseProfileName } from '../../../src/clients/names.ts';

const client = parseClientId('client1');
const layoutOf = (profile: string) => profileLayout('/root', client, parseProfileName(profile));

describe('the tree of a client', () => {
  it('is the documented one for the default profile', () => {
    expect(layoutOf('default')).toMatchObject({
      directory: '/root/client1',
      rcloneConfig: '/root/client1/rclone/rclone.conf',
      summary: '/root/client1/cryptosync/summary.json',
      profileFile: '/root/client1/cryptosync/config/default.json',
      defaultEncryptedDir: '/root/client1/vault/encrypted',
      defaultMountDir: '/root/client1/vault/decrypted',
      ledger: '/root/client1/cryptosync/state/ledger-default.jsonl',
      scripts: {
        mount: '/root/client1/cryptosync/scripts/mount_default.sh',
        unmount: '/root/client1/cryptosync/scripts/unmount_default.sh',
        sync: '/root/client1/cryptosync/scripts/sync_default.sh',
      },
      linkNames: {
        mount: 'cryptosync-mount-client1-default',
        unmount: 'cryptosync-unmount-client1-default',
        sync: 'cryptosync-sync-client1-default',
      },
    });
  });

  it('gives every other profile a vault and files of its own', () => {
    const other = layoutOf('archive');
    expect(other.defaultEncryptedDir).toBe('/root/client1/vault/archive/encrypted');
    expect(other.defaultMountDir).toBe('/root/client1/vault/archive/decrypted');
    const own = ({ profileFile, ledger, scripts, linkNames }: typeof other): string[] => [
      profileFile,
      ledger,
      ...Object.values(scripts),
      ...Object.values(linkNames),
    ];
    expect(own(other).filter((path) => own(layoutOf('default')).includes(path))).toEqual([]);
    expect(other.rcloneConfig).toBe(layoutOf('default').rcloneConfig);
  });

  it('locks an encrypted directory by its path, so that profiles which share one share the lock', () => {
    const layout = clientLayout('/root', client);
    expect(vaultLock(layout, '/a')).toBe(vaultLock(layoutOf('archive'), '/a'));
    expect(vaultLock(layout, '/a')).not.toBe(vaultLock(layout, '/b'));
  });
});
