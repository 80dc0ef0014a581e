import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { profileLayout } from '../../../src/clients/layout.ts';
import { parseClientId, parseProfileName } from '../../../src/clients/names.ts';
import type { Profile } from '../../../src/clients/profile.ts';
import { reviewDraft, verifyChange } from '../../../src/operations/config/profile-change.ts';
import { hintOf, rejectionOf } from '../../support/refusal.ts';
import { scratchDirectory } from '../../support/scratch.ts';

/** A profile whose vault is in `vault` of a directory of its own. */
function place() {
  const root = scratchDirectory();
  const layout = profileLayout(root, parseClientId('client1'), parseProfileName('default'));
  const path = (...parts: string[]): string => join(root, ...parts);
  const makeVault = (directory: string): void => {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'gocryptfs.conf'), '{}');
  };
  const existing: Profile = {
    version: 1,
    vaultId: 'the-id',
    engine: 'gocryptfs',
    encryptedDir: path('vault'),
    mountDir: path('mount'),
    createdAt: '2026-01-31T02:00:00Z',
  };
  return { layout, path, makeVault, existing };
}

describe('a change of a profile', () => {
  it('is free where it parts nothing from its vault', async () => {
    const { layout, path, makeVault, existing } = place();
    makeVault(existing.encryptedDir);
    for (const change of [{ idle: '5m' }, { remote: { name: 'r', path: 'p' } }, { mountDir: path('other') }])
      await verifyChange(layout, existing, { ...existing, ...change });
    const { vaultId: _, ...adopted } = existing;
    await verifyChange(layout, adopted, existing);
  });

  it('of engine or vault id is refused with the way to do it', async () => {
    const { layout, existing } = place();
    const engine = await rejectionOf(verifyChange(layout, existing, { ...existing, engine: 'cryfs' }));
    expect(engine).toMatchObject({ code: 'CONFIG_INVALID', exit: 10 });
    expect(hintOf(engine)).toContain('install --client client1 --profile NAME --engine cryfs');
    const { vaultId: _, ...without } = existing;
    for (const wanted of [{ ...existing, vaultId: 'other' }, without]) {
      const error = await rejectionOf(verifyChange(layout, existing, wanted));
      expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('vault id') });
    }
  });

  it('of the encrypted directory follows a vault that was moved, and leads nowhere else', async () => {
    const { layout, path, makeVault, existing } = place();
    const to = (encryptedDir: string) => verifyChange(layout, existing, { ...existing, encryptedDir });
    // still there
    makeVault(existing.encryptedDir);
    expect((await rejectionOf(to(path('moved')))).message).toContain(`still in ${existing.encryptedDir}`);
    // a copy: two of the same
    makeVault(path('copy'));
    expect((await rejectionOf(to(path('copy')))).code).toBe('CONFIG_INVALID');
    // moved
    const moved = { ...existing, encryptedDir: path('gone') };
    await verifyChange(layout, moved, { ...moved, encryptedDir: path('copy') });
    // gone, and nothing there
    for (const nowhere of [path('none'), path('mount')]) {
      const error = await rejectionOf(verifyChange(layout, moved, { ...moved, encryptedDir: nowhere }));
      expect(error.code).toBe('CONFIG_INVALID');
      expect(hintOf(error)).toBeTruthy();
    }
  });

  it('never puts one of the two directories into the other, links followed', async () => {
    const { layout, path, makeVault, existing } = place();
    makeVault(existing.encryptedDir);
    symlinkSync(existing.encryptedDir, path('link'));
    for (const mountDir of [existing.encryptedDir, path('vault', 'in'), path('link', 'in'), path('.')]) {
      const error = await rejectionOf(verifyChange(layout, existing, { ...existing, mountDir }));
      expect([mountDir, error.code]).toEqual([mountDir, 'CONFIG_INVALID']);
    }
  });
});

describe('the text of a profile', () => {
  it('is judged: not JSON, not valid, refused, unchanged, or a profile without its $schema', async () => {
    const { layout, makeVault, existing } = place();
    makeVault(existing.encryptedDir);
    const review = (text: unknown) =>
      reviewDraft(layout, existing, typeof text === 'string' ? text : JSON.stringify(text));
    expect(await review('{')).toMatchObject({ kind: 'invalid', issues: [{ path: '(the whole file)' }] });
    expect(await review({ ...existing, idle: 5, mountDir: 'x' })).toMatchObject({
      kind: 'invalid',
      issues: [{ path: 'mountDir' }, { path: 'idle' }],
    });
    expect(await review({ ...existing, engine: 'cryfs' })).toMatchObject({
      kind: 'refused',
      error: { code: 'CONFIG_INVALID' },
    });
    expect(await review({ $schema: 'file:///s', ...existing })).toEqual({ kind: 'unchanged' });
    const profile = { ...existing, idle: '5m' };
    expect(await review({ $schema: 'file:///s', ...profile })).toEqual({ kind: 'valid', profile });
  });

  it('of a profile that was broken is judged by itself', async () => {
    const { layout, existing } = place();
    expect(await reviewDraft(layout, undefined, JSON.stringify(existing))).toEqual({
      kind: 'valid',
      profile: existing,
    });
  });
});
