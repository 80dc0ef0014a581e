/** Where the files of a remote lie in the end, by whatever name it goes. */
import { describe, expect, it } from 'vitest';
import { parseRcloneConf } from '../../../../../src/remotes/rclone/conf.ts';
import { whereaboutsOf } from '../../../../../src/remotes/rclone/whereabouts/whereabouts.ts';
import { liesBelow, overlap, type Spot } from '../../../../../src/remotes/whereabouts.ts';

const conf = parseRcloneConf(`
[disk]
type = local
[alias]
type = alias
remote = disk:/srv/acct
[deep]
type = alias
remote = alias:deep
[straight]
type = alias
remote = /srv/acct
[circle]
type = alias
remote = circle:x
[hidden]
type = crypt
remote = disk:/srv/acct/hidden
[plain-names]
type = crypt
remote = disk:/srv/acct
filename_encryption = off
[chunks]
type = chunker
remote = disk:/srv/acct
[both]
type = union
upstreams = disk:/srv/one "disk:/srv/two words" disk:/srv/acct/u:ro
[combined]
type = combine
upstreams = a=disk:/srv/one b=disk:/srv/acct
[dav]
type = webdav
url = https://Example.net/dav/
user = u
[dav-deep]
type = webdav
url = https://example.net:443/dav/acct
user = u
[dav-other]
type = webdav
url = https://example.net/dav/
user = v
[ssh]
type = sftp
host = Backup
user = u
[ssh-again]
type = sftp
host = backup
port = 22
user = u
[ssh-other]
type = sftp
host = backup
user = v
[s3]
type = s3
provider = Minio
endpoint = http://localhost:9000
[s3-again]
type = s3
provider = Other
endpoint = http://localhost:9000/
[cloud]
type = drive
[cloud-again]
type = drive
`);

const spotsOf = (spec: string): readonly Spot[] => {
  const at = spec.indexOf(':');
  return whereaboutsOf(conf, '/c/rclone.conf', spec.slice(0, at), spec.slice(at + 1)).spots;
};
const isNested = (inner: string, outer: string): boolean =>
  spotsOf(inner).some((one) => spotsOf(outer).some((other) => liesBelow(one, other)));

describe('a place lies in another', () => {
  it.each([
    ['disk:/srv/acct/b', 'disk:/srv/acct'],
    ['disk:/srv/acct/b/', 'disk:/srv/acct/'],
    ['disk:/srv//acct/./b', 'disk:/srv/acct/.'],
    ['disk:/srv/x/../acct/b', 'disk:/srv/acct'],
    ['alias:b', 'disk:/srv/acct'],
    ['alias:/b', 'straight:'],
    ['deep:', 'disk:/srv/acct'],
    ['deep:b', 'alias:deep'],
    ['disk:/srv/acct/b', 'straight:'],
    ['hidden:', 'disk:/srv/acct'],
    ['hidden:b', 'alias:hidden'],
    ['hidden:b/c', 'hidden:b'],
    ['plain-names:b', 'alias:'],
    ['chunks:b', 'disk:/srv/acct'],
    ['both:', 'disk:/srv/acct'],
    ['disk:/srv/two words/x', 'both:'],
    ['combined:b/c', 'disk:/srv/acct'],
    ['disk:/srv/acct/c', 'combined:'],
    ['dav:acct/b', 'dav:acct'],
    ['dav-deep:b', 'dav:/acct/'],
    ['dav-deep:', 'dav:'],
    ['ssh-again:acct/b', 'ssh:acct'],
    ['ssh-other:/srv/acct/b', 'ssh:/srv/acct'],
    ['s3-again:bucket/acct/b', 's3:bucket/acct'],
    ['s3:bucket', 's3-again:'],
    ['cloud:acct/b', 'cloud:acct'],
    ['unknown:acct/b', 'unknown:acct'],
  ])('%s in %s', (inner, outer) => {
    expect(isNested(inner, outer)).toBe(true);
    expect(isNested(outer, inner)).toBe(false);
  });

  it.each([
    ['disk:/srv/acct2', 'disk:/srv/acct'],
    ['hidden:c', 'disk:/srv/acct/hidden/b'],
    ['combined:a', 'disk:/srv/acct'],
    ['dav-other:acct/b', 'dav:acct'],
    ['ssh-other:acct/b', 'ssh:acct'],
    ['ssh:acct/b', 'dav:acct'],
    ['cloud-again:acct/b', 'cloud:acct'],
    ['circle:b', 'circle:c'],
  ])('but not %s in %s', (one, other) => {
    expect(isNested(one, other) || isNested(other, one)).toBe(false);
  });

  it('and overlaps it where both are one', () => {
    const [one, other] = [spotsOf('alias:'), spotsOf('straight:.')];
    expect(overlap(one[0] as Spot, other[0] as Spot)).toBe(true);
  });
});

describe('a directory of this machine', () => {
  it.each([
    ['disk', '/srv/acct', '/srv/acct'],
    ['alias', 'b', '/srv/acct/b'],
    ['deep', '', '/srv/acct/deep'],
    ['hidden', '', undefined],
    ['both', '', undefined],
    ['dav', 'x', undefined],
  ])('is told through any alias, and only where the files lie just so: %s:%s', (name, path, directory) => {
    expect(whereaboutsOf(conf, '/c', name, path).directory).toBe(directory);
  });

  it.each([
    ['dav', 'acct/b', ['dav:acct', 'dav:']],
    ['ssh', '/srv/b', ['ssh:/srv', 'ssh:/']],
    ['hidden', 'b', ['hidden:', '/srv/acct/hidden', '/srv/acct', '/srv', '/']],
  ])('or of a server is told with all that is above it: %s:%s', (name, path, above) => {
    expect(whereaboutsOf(conf, '/c', name, path).above).toEqual(above);
  });
});
