import { writeFile } from 'node:fs/promises';
import { Plugin } from '@oclif/core/config';
import { root } from './root.ts';

/** Writes oclif.manifest.json from the built commands: what oclif reads at start instead of loading them all. */
export async function writeManifest(): Promise<void> {
  const plugin = new Plugin({
    root,
    type: 'core',
    ignoreManifest: true,
    errorOnManifestCreate: true,
    respectNoCacheDefault: true,
  });
  await plugin.load();
  const { commands, version } = plugin.manifest;
  const sorted = Object.fromEntries(Object.entries(commands).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(
    `${root}oclif.manifest.json`,
    `${JSON.stringify({ commands: sorted, version }, null, 2)}\n`,
  );
}
