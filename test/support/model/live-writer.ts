/** Writes into a directory until it is ended: bursts of edits, renames and deletions with quiet moments between. */
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const [directory = '', seed = '1'] = process.argv.slice(2);
let state = Number(seed) % 2_147_483_647 || 1;
/** Lehmer's generator. @returns 0 up to below the limit */
function random(limit: number): number {
  state = (state * 48_271) % 2_147_483_647;
  return state % limit;
}

const name = (): string => join(directory, `d${random(4)}`, `${'long '.repeat(random(40))}f${random(12)}`);

const write = (): void => writeFileSync(name(), Buffer.alloc(random(200_000), `content ${state} `));
const acts: readonly (() => void)[] = [
  write,
  write,
  write,
  () => appendFileSync(name(), Buffer.alloc(random(5000), 'more ')),
  () => truncateSync(name(), random(1000)),
  () => renameSync(name(), name()),
  () => rmSync(name(), { force: true }),
  () => renameSync(join(directory, `d${random(4)}`), join(directory, `d${random(6)}`)),
  () => symlinkSync(`target ${state}`, `${name()}.link`),
];

function act(): void {
  try {
    acts[random(acts.length)]?.();
  } catch {
    // what isn't there can't be changed; the directory may be gone, too
    mkdirSync(join(directory, `d${random(4)}`), { recursive: true });
  }
}

for (;;) {
  for (let left = 5 + random(40); left > 0; left -= 1) {
    act();
    await sleep(random(8));
  }
  if (readdirSync(directory).length > 6)
    rmSync(join(directory, `d${random(6)}`), { recursive: true, force: true });
  await sleep(100 + random(900));
}
