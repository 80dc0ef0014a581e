/** The pages of man(1) that the package brings: of every command, and read by groff without a complaint. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Manifest, manPages } from '../../scripts/package/man.ts';

const manifest: Manifest = JSON.parse(
  readFileSync(new URL('../../oclif.manifest.json', import.meta.url), 'utf8'),
);
const edition = { version: '1.2.3', date: '2026-01-31', description: "What it's for" };
const pages = manPages(manifest, edition);

/** As a terminal of 80 columns shows it. */
function shown(page: string): string {
  return execFileSync('groff', ['-Tutf8', '-man', '-P-cbou'], { input: page, encoding: 'utf8' });
}

describe('the pages of man', () => {
  it('are one a command, and one of all', () => {
    const ids = Object.keys(manifest.commands).map((id) => `cryptosync-${id.replaceAll(':', '-')}.1`);
    expect(Object.keys(pages).sort()).toEqual(['cryptosync.1', ...ids].sort());
    for (const id of ids) expect(shown(pages['cryptosync.1'] ?? '')).toContain(`${id.slice(0, -2)}(1)`);
  });

  it.each(Object.entries(pages))('%s is good roff', (_name, page) => {
    const { status, stderr } = spawnSync('groff', ['-ww', '-z', '-Tutf8', '-man'], {
      input: page,
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
  });

  it.each(Object.values(manifest.commands))('of $id name every flag, exit code and variable', (command) => {
    const text = shown(pages[`cryptosync-${command.id.replaceAll(':', '-')}.1`] ?? '');
    for (const flag of Object.keys(command.flags))
      expect(text).toMatch(new RegExp(`^ {7}.*--${flag}\\b`, 'm'));
    expect(text).toMatch(/^EXIT STATUS\n {7}0 /m);
    expect(text).toMatch(/^ENVIRONMENT\n(?:.*\n)* {7}NO_COLOR/m);
    // what stands in quotes, backslashes and dots is not lost
    expect(text.replaceAll(/\s+/g, ' ')).toContain(`cryptosync-${command.id.replaceAll(':', '-')} - `);
  });

  it('keep what would be roff’s', () => {
    const odd = {
      id: 'odd',
      summary: ".starts with a dot, and has 'quotes', a \\ and ~^`",
      description:
        "'Begins\n.as a request. Exit … é\n\nExit codes: 0 a, b, 2 c.\n\nEnvironment: A_B (what, then), C_D (d).",
      examples: ["<%= config.bin %> odd --x '$(y)' | z"],
      flags: { x: { name: 'x', type: 'option', helpValue: 'A|B', description: '--x is -1' } },
      args: {},
    } as const;
    const text = shown(manPages({ commands: { odd } }, edition)['cryptosync-odd.1'] ?? '').replaceAll(
      /\s+/g,
      ' ',
    );
    for (const kept of [
      ".starts with a dot, and has 'quotes', a \\ and ~^`",
      "'Begins .as a request. Exit … é",
      '--x=A|B --x is -1',
      'EXIT STATUS 0 a, b 2 c',
      'A_B what, then C_D d',
      "cryptosync odd --x '$(y)' | z",
    ])
      expect(text).toContain(kept);
  });
});
