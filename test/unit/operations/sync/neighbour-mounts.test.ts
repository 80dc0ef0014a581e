/** Profiles whose vaults would be mounted in what others send: one look at a fleet serves many, for a moment. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { profileLayout } from '../../../../src/clients/layout.ts';
import { parseClientId, parseProfileName } from '../../../../src/clients/names.ts';
import type { Profile } from '../../../../src/clients/profile.ts';
import {
  type Neighbourhood,
  sharedNeighbourhood,
  verifyNeighbours,
} from '../../../../src/operations/sync/neighbour-mounts.ts';
import { readMountTable } from '../../../../src/vaults/mounts/mount-table.ts';
import { scratchDirectory } from '../../../support/scratch.ts';

type Change = Readonly<Record<string, unknown>>;

/** Clients `a`, `b` and `c` below a root, as install would leave them; `c` has nothing to do with the others. */
function fleet() {
  const root = join(scratchDirectory(), 'clients');
  const layoutOf = (client: string) =>
    profileLayout(root, parseClientId(client), parseProfileName('default'));
  const profileOf = (client: string, change: Change = {}): Profile => {
    const { defaultEncryptedDir: encryptedDir, defaultMountDir: mountDir } = layoutOf(client);
    const remote = { name: 'there', path: join(root, `remote-of-${client}`) };
    return { version: 1, engine: 'gocryptfs', encryptedDir, mountDir, remote, ...change } as never;
  };
  const write = (client: string, change?: Change): void =>
    writeFileSync(layoutOf(client).profileFile, JSON.stringify(profileOf(client, change)), { mode: 0o600 });
  for (const client of ['a', 'b', 'c']) {
    const { configDirectory, rcloneDirectory, rcloneConfig } = layoutOf(client);
    for (const directory of [configDirectory, rcloneDirectory])
      mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(rcloneConfig, '[there]\ntype = local\n', { mode: 0o600 });
    write(client);
  }
  /** How a look of client `a` ends: the message of its refusal. */
  const refusalOf = (neighbourhood?: Neighbourhood, change?: Change): string | undefined => {
    try {
      verifyNeighbours(layoutOf('a'), profileOf('a', change), { neighbourhood });
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  };
  return { root, layoutOf, profileOf, write, refusalOf };
}

/** A clock that stands still, or goes on by `step` milliseconds each time it is asked. */
function clockFrom(start: number) {
  const clock = {
    time: start,
    step: 0,
    now() {
      clock.time += clock.step;
      return new Date(clock.time);
    },
  };
  return clock;
}

const inCiphertext = /^the mount directory .* of b\/default lies in the ciphertext of a\/default/;

const conflicts: Readonly<Record<string, (scene: ReturnType<typeof fleet>) => Change | undefined>> = {
  'another’s vault in its ciphertext': ({ write, profileOf }) => {
    write('b', { mountDir: join(profileOf('a').encryptedDir, 'plain') });
    return undefined;
  },
  'another’s vault in its remote': ({ write, root }) => {
    write('b', { mountDir: join(root, 'remote-of-a', 'plain') });
    return undefined;
  },
  'its vault in another’s ciphertext': ({ profileOf }) => ({
    mountDir: join(profileOf('b').encryptedDir, 'plain'),
  }),
  'its vault in another’s remote': ({ root }) => ({ mountDir: join(root, 'remote-of-b', 'plain') }),
  'its vault in another’s source': ({ write, root }) => {
    write('b', { mappings: [{ source: join(root, 'mail'), plaintext: true }] });
    return { mountDir: join(root, 'mail', 'plain') };
  },
};

describe('a vault in what another profile sends', () => {
  it.for(Object.keys(conflicts))('is refused alike by a look of one’s own and a shared one: %s', (name) => {
    const scene = fleet();
    expect(scene.refusalOf()).toBeUndefined();
    const change = conflicts[name]?.(scene);
    const alone = scene.refusalOf(undefined, change);
    expect(alone).toMatch(/^the mount directory .* lies in .*: plaintext would be among what is sent$/);
    const shared = sharedNeighbourhood(clockFrom(0));
    expect([scene.refusalOf(shared, change), scene.refusalOf(shared, change)]).toEqual([alone, alone]);
  });
});

describe('a shared look at all profiles', () => {
  it('is made once for those that ask within a moment, and anew after it', () => {
    const { refusalOf, write, profileOf } = fleet();
    const clock = clockFrom(5000);
    const shared = sharedNeighbourhood(clock);
    expect(refusalOf(shared)).toBeUndefined();
    write('b', { mountDir: join(profileOf('a').encryptedDir, 'plain') });
    clock.time += 99;
    expect(refusalOf(shared)).toBeUndefined();
    clock.time += 1;
    expect(refusalOf(shared)).toMatch(inCiphertext);
  });

  it('serves for longer where it takes long', () => {
    const { refusalOf, write, profileOf } = fleet();
    const clock = clockFrom(5000);
    const shared = sharedNeighbourhood(clock);
    clock.step = 1000;
    expect(refusalOf(shared)).toBeUndefined();
    write('b', { mountDir: join(profileOf('a').encryptedDir, 'plain') });
    clock.step = 0;
    clock.time += 19_999;
    expect(refusalOf(shared)).toBeUndefined();
    clock.time += 1;
    expect(refusalOf(shared)).toMatch(inCiphertext);
  });

  it('is made anew when the clock was set back', () => {
    const { refusalOf, write, profileOf } = fleet();
    const clock = clockFrom(5000);
    const shared = sharedNeighbourhood(clock);
    expect(refusalOf(shared)).toBeUndefined();
    write('b', { mountDir: join(profileOf('a').encryptedDir, 'plain') });
    clock.time -= 1;
    expect(refusalOf(shared)).toMatch(inCiphertext);
  });

  it('is about one root', () => {
    const [one, other] = [fleet(), fleet()];
    const shared = sharedNeighbourhood(clockFrom(0));
    const clientsBelow = (root: string) =>
      [...shared.placesBelow(root, readMountTable())].map(({ layout }) => layout.directory);
    rmSync(other.layoutOf('c').profileFile);
    expect(clientsBelow(one.root)).toEqual(['a', 'b', 'c'].map((client) => join(one.root, client)));
    expect(clientsBelow(other.root)).toEqual(['a', 'b'].map((client) => join(other.root, client)));
  });

  it('passes over a profile that is broken', () => {
    const { refusalOf, write, profileOf, layoutOf } = fleet();
    write('b', { mountDir: join(profileOf('a').encryptedDir, 'plain') });
    writeFileSync(layoutOf('c').profileFile, '{');
    expect(refusalOf(sharedNeighbourhood(clockFrom(0)))).toMatch(inCiphertext);
  });
});
