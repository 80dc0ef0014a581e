import { writeFile } from 'node:fs/promises';
import { Plugin } from '@oclif/core/config';
import { briefManifest } from './lean-oclif.ts';
import { root } from './root.ts';

/**
 * Writes oclif.manifest.json from the built commands, instead of which oclif would load them all, and what a start reads
 * of it: the texts of all flags, of which help alone tells, are nine tenths of it and cost 2 ms.
 */
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
  const brief = Object.fromEntries(
    Object.entries(sorted).map(([id, command]) => [id, withoutTexts(command)]),
  );
  await writeFile(`${root}${briefManifest}`, JSON.stringify({ commands: brief, version }));
}

function withoutTexts<Given extends { flags: object; description?: unknown; examples?: unknown }>({
  flags: _flags,
  description: _description,
  examples: _examples,
  ...kept
}: Given): object {
  return kept;
}
