import { describe, expect, it } from 'vitest';
import type { ControlFiles } from '../../src/remotes/control-files.ts';
import { type Marker, markerPath, parseMarker, readMarker, writeMarker } from '../../src/remotes/marker.ts';

const marker: Marker = {
  version: 1,
  vaultId: '6b0e2c0e',
  engine: 'gocryptfs',
  generation: 3,
  state: 'committed',
  at: '2026-01-31T02:00:00Z',
};

function memory(): ControlFiles & { readonly files: Map<string, string> } {
  const files = new Map<string, string>();
  return {
    files,
    read: async (path) => files.get(path),
    write: async (path, content) => void files.set(path, content),
    list: async () => [],
    purge: async () => {},
  };
}

describe('the marker', () => {
  it('is read back as it was written, at its documented place', async () => {
    const remote = memory();
    expect(await readMarker(remote)).toEqual({ kind: 'absent' });
    await writeMarker(remote, marker);
    expect([...remote.files.keys()]).toEqual(['.cryptosync/marker.json']);
    expect(markerPath).toBe('.cryptosync/marker.json');
    expect(await readMarker(remote)).toEqual({ kind: 'present', marker });
  });

  it('may hold more than this version knows', () => {
    expect(parseMarker(JSON.stringify({ ...marker, later: true }))).toMatchObject({ kind: 'present' });
  });

  it.each([
    '',
    '{"version":1,',
    'null',
    '[]',
    '"x"',
    '{}',
    JSON.stringify({ ...marker, version: 2 }),
    JSON.stringify({ ...marker, vaultId: '' }),
    JSON.stringify({ ...marker, generation: -1 }),
    JSON.stringify({ ...marker, generation: 1.5 }),
    JSON.stringify({ ...marker, state: 'done' }),
  ])('that is torn or of another making counts for nothing: %j', (text) => {
    expect(parseMarker(text)).toEqual({ kind: 'unreadable' });
  });
});
