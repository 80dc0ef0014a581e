/** What a start reads of the commands is what finds them; that help still tells all of each is help.test's subject. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { briefManifest } from '../../scripts/build/lean-oclif.ts';

interface Manifest {
  readonly version: string;
  readonly commands: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const read = (name: string): Manifest =>
  JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'));

it('is all of oclif.manifest.json but the texts', () => {
  const [whole, brief] = [read('oclif.manifest.json'), read(briefManifest)];
  const texts = new Set(['flags', 'description', 'examples']);
  const expected = Object.entries(whole.commands).map(([id, command]) => [
    id,
    Object.fromEntries(Object.entries(command).filter(([name]) => !texts.has(name))),
  ]);
  expect(brief).toEqual({ version: whole.version, commands: Object.fromEntries(expected) });
});

it('has of each command what a list of commands shows', () => {
  for (const { summary } of Object.values(read(briefManifest).commands))
    expect(summary).toEqual(expect.any(String));
});
