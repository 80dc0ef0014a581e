/** docs/on-the-remote.md shows what lies at a place: it is read by what reads a place. */
import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parseManifestName } from '../../../../src/remotes/control/generations.ts';
import { isSealed } from '../../../../src/remotes/control/seal.ts';
import { stateOf } from '../../../../src/remotes/control/state.ts';
import { entryKinds } from '../../../../src/sync/tree/entry.ts';
import { decodeManifest, encodeManifest } from '../../../../src/sync/tree/manifest.ts';

const page = readFileSync(new URL('../../../../docs/on-the-remote.md', import.meta.url), 'utf8');
const blocks = (kind: string): string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${kind}\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text = '']) => text);
/** Of the examples: 32 bytes of 7. */
const key = Buffer.alloc(32, 7);

describe('the examples of docs/on-the-remote.md', () => {
  const manifests = blocks('jsonl');

  it.each([
    ['full', 0],
    ['delta', 1],
  ] as const)(
    'have a %s manifest that is read, has the right seal, and is what is written',
    (kind, index) => {
      const text = manifests[index] ?? '';
      const manifest = decodeManifest(gzipSync(text), 'example', key);
      expect([manifest.head.kind, manifest.seal]).toEqual([kind, 'right']);
      expect(gunzipSync(encodeManifest(manifest.head, manifest.changes, key)).toString()).toContain(
        text.split('\n').slice(1, -2).join('\n'),
      );
      expect(() => decodeManifest(gzipSync(text.replace('0', '1')), 'example', key)).toThrow(
        'changed or forged',
      );
    },
  );

  it('have a marker and an announcement with the right seals, which say that a run has not ended', () => {
    const [marker = '', announcement = ''] = blocks('json');
    const state = stateOf(Buffer.from(marker), Buffer.from(announcement));
    expect(state).toMatchObject({
      kind: 'present',
      committed: { generation: 12, state: 'committed' },
      begun: { generation: 13, state: 'in-progress' },
    });
    if (state.kind !== 'present') throw new Error('there is no state');
    expect(state.committed && isSealed(state.committed, key)).toBe(true);
    expect(state.begun && isSealed(state.begun, key)).toBe(true);
    expect(stateOf(undefined, Buffer.from(announcement))).toMatchObject({ committed: { generation: 12 } });
  });

  it('name every kind of entry, and manifests as they are named', () => {
    for (const kind of entryKinds) expect(page).toContain(`\`${kind}\``);
    const [marker = ''] = blocks('json');
    const { manifest } = JSON.parse(marker) as { manifest: { file: string } };
    expect(parseManifestName(manifest.file)).toMatchObject({ generation: 12, kind: 'full' });
  });
});
