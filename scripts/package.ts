/**
 * `npm run package`: dist-package/cryptosync_VERSION_amd64.deb and cryptosync-VERSION-1.x86_64.rpm of what was built. The
 * same sources give the same bytes.
 *
 *   --suffix '~test'        behind the version, for Debian alone: `~` sorts below it, `+` above
 *   --format deb, rpm     one of them alone
 *   --output DIR            instead of dist-package
 *   --compression none      instead of xz: for tests
 *   --no-strip              keeps the debugging symbols of node: for tests
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildFacts } from './build/build-facts.ts';
import { root } from './build/root.ts';
import { writeControl } from './package/control.ts';
import { layOutRpm } from './package/rpm.ts';
import { layOut } from './package/tree.ts';

const packageJson = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
  version: string;
  description: string;
};
const { values } = parseArgs({
  options: {
    suffix: { type: 'string', default: '' },
    format: { type: 'string', multiple: true, default: ['deb', 'rpm'] },
    output: { type: 'string', default: `${root}dist-package` },
    compression: { type: 'string', default: 'xz' },
    strip: { type: 'boolean', default: true },
  },
  allowNegative: true,
});

/** The program itself tells the one of package.json, which is built into it. */
const version = `${packageJson.version}${values.suffix}`;
const { time } = buildFacts();
const scratch = mkdtempSync(join(tmpdir(), 'cryptosync-package-'));
try {
  const node = join(scratch, 'node');
  copyFileSync(`${root}node_modules/node/bin/node`, node);
  if (values.strip) run('strip', node);
  const tree = join(scratch, 'tree');
  const date = new Date(time * 1000).toISOString().slice(0, 10);
  layOut(tree, {
    edition: { version: packageJson.version, date, description: packageJson.description },
    node,
    time,
  });
  writeControl(tree, { version, time });
  const output = resolve(values.output);
  mkdirSync(output, { recursive: true });
  for (const format of values.format) {
    const file = format === 'rpm' ? makeRpm(tree, output) : makeDeb(tree, output);
    process.stdout.write(`${file} (${(statSync(file).size / 2 ** 20).toFixed(1)} MiB)\n`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function makeDeb(tree: string, output: string): string {
  const file = join(output, `cryptosync_${version}_amd64.deb`);
  // one thread: what several make depends on how many there are
  run('dpkg-deb', '--root-owner-group', `-Z${values.compression}`, '--threads-max=1', '--build', tree, file);
  return file;
}

function makeRpm(tree: string, output: string): string {
  const payload = values.compression === 'none' ? 'w.ufdio' : 'w6.xzdio';
  const edition = { version, description: packageJson.description, time, payload };
  run('rpmbuild', ...layOutRpm(tree, scratch, edition));
  const made = globSync(join(scratch, 'rpmbuild/RPMS/x86_64/*.rpm'))[0] ?? '';
  const file = join(output, basename(made));
  copyFileSync(made, file);
  return file;
}

function run(program: string, ...args: string[]): void {
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(time) };
  execFileSync(program, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
}
