/** QR codes, read by another program than the one that makes them. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { Installation } from './installation.ts';

/** What zbar reads in the QR codes of a page, in their order. */
export function codesIn(installation: Installation, html: string): string[] {
  return [...html.matchAll(/src="data:image\/gif;base64,([^"]+)"/g)].map(([, image = '']) => {
    const file = installation.path('code.gif');
    writeFileSync(file, Buffer.from(image, 'base64'));
    return execFileSync('zbarimg', ['--raw', '--quiet', file], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  });
}
