/** The programs that the tool runs: whether they are there, new enough, and what this version of them can't do. */
import { findExecutable, type ToolName, toolMissing } from '../../system/dependencies.ts';
import { minimalEnvironment } from '../../system/environment.ts';
import { run } from '../../system/process.ts';
import { defaultEngine } from '../../vaults/engines/engine.ts';
import { engineNamed } from '../../vaults/engines/engines.ts';
import type { Examination, ProfileCase } from '../examination.ts';
import { type Diagnosis, inOrder, machine, mendOf } from '../finding.ts';
import { backendOf } from './remote-settings.ts';

type Version = readonly [major: number, minor: number, patch: number];

interface Tool {
  readonly name: ToolName;
  readonly versionArgs: readonly string[];
  /** Older ones lack something that the tool can't do without. */
  readonly minimum: Version;
  readonly needs: string;
  /** What versions below can't do, or do differently (their change logs; docs/hazards.md). */
  readonly limits: readonly { readonly below: Version; readonly says: string }[];
}

const tools: readonly Tool[] = [
  {
    name: 'gocryptfs',
    versionArgs: ['-version'],
    minimum: [1, 8, 0],
    needs: 'mounts with fusermount3 since 1.8',
    limits: [
      { below: [2, 0, 0], says: 'it takes a vault for idle in which a shell is waiting, and unmounts it' },
    ],
  },
  {
    name: 'cryfs',
    versionArgs: ['--version'],
    minimum: [0, 10, 0],
    needs: 'keeps its integrity state in a directory of its own since 0.10',
    limits: [
      { below: [0, 11, 2], says: 'it opens vaults very slowly' },
      {
        below: [2, 0, 0],
        says: "it can't change a password, and copies of a mounted vault can't be restored",
      },
    ],
  },
  {
    name: 'rclone',
    versionArgs: ['version', '--config', '/dev/null'],
    minimum: [1, 58, 0],
    needs: 'has bisync since 1.58',
    limits: [
      { below: [1, 61, 0], says: 'S3 fails while AWS_CA_BUNDLE is set' },
      { below: [1, 63, 0], says: 'an interrupted upload leaves a short file under its final name' },
      { below: [1, 66, 0], says: 'bisync has no --recover and no --max-lock' },
      { below: [1, 69, 0], says: 'its exit code 1 is what newer versions call 2' },
    ],
  },
  {
    name: 'fusermount3',
    versionArgs: ['--version'],
    minimum: [3, 0, 0],
    needs: 'is of FUSE 3',
    limits: [],
  },
  { name: 'flock', versionArgs: ['--version'], minimum: [2, 20, 0], needs: 'takes locks', limits: [] },
];

const versionDeadline = 10_000;

export async function checkTools(
  examination: Examination,
  cases: readonly ProfileCase[],
): Promise<Diagnosis[]> {
  const engines = cases.length === 0 ? [engineNamed(defaultEngine)] : cases.map(({ vault }) => vault.engine);
  const needed = new Set<ToolName>([...engines.flatMap((engine) => engine.tools), 'rclone', 'flock']);
  const found: Diagnosis[] = [];
  for (const tool of tools) {
    if (!needed.has(tool.name)) continue;
    found.push(...(await checkTool(examination, tool, cases)));
  }
  return found;
}

async function checkTool(
  { context }: Examination,
  tool: Tool,
  cases: readonly ProfileCase[],
): Promise<Diagnosis[]> {
  const { environment } = context;
  const file = findExecutable(tool.name, environment);
  const base = { subject: machine, mend: mendOf(toolMissing([tool.name], environment)) };
  if (file === undefined) {
    const why = 'Commands that need it fail with TOOL_MISSING.';
    return [{ ...base, id: 'tool-missing', severity: 'error', what: `${tool.name} is not on PATH`, why }];
  }
  const finished = await run({
    file,
    args: tool.versionArgs,
    environment: {
      ...minimalEnvironment(environment),
      CRYFS_FRONTEND: 'noninteractive',
      CRYFS_NO_UPDATE_CHECK: 'true',
    },
    deadline: versionDeadline,
    signal: context.signal,
  });
  const version = parseVersion(`${finished.stdout}\n${finished.stderr}`);
  if (finished.exitCode !== 0 || version === undefined) {
    const why = 'It is broken, or a program of another kind with the same name.';
    return [
      { ...base, id: 'tool-broken', severity: 'error', what: `${file} does not tell its version`, why },
    ];
  }
  const name = `${tool.name} ${version.join('.')}`;
  if (isBelow(version, tool.minimum)) {
    const why = `At least ${tool.minimum.join('.')} is needed: it ${tool.needs}.`;
    return [{ ...base, id: 'tool-too-old', severity: 'error', what: `${name} is too old`, why }];
  }
  const limits = tool.limits.filter(({ below }) => isBelow(version, below)).map(({ says }) => says);
  const bundle = tool.name === 'rclone' ? caBundle(environment, version, cases) : [];
  return [inOrder('tool', machine, name, limits.join('; ')), ...bundle];
}

/** hazards.md R23. */
function caBundle(
  environment: NodeJS.ProcessEnv,
  version: Version,
  cases: readonly ProfileCase[],
): Diagnosis[] {
  if (!environment['AWS_CA_BUNDLE'] || !isBelow(version, [1, 61, 0])) return [];
  const hit = cases.filter((one) => backendOf(one) === 's3');
  return hit.map(({ name }) => ({
    id: 'rclone-ca-bundle',
    severity: 'error',
    subject: name,
    what: 'AWS_CA_BUNDLE is set, and the remote is S3',
    why: `rclone ${version.join('.')} fails on every S3 remote with it.`,
    mend: { to: 'unset-ca-bundle' },
  }));
}

function parseVersion(text: string): Version | undefined {
  const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
}

function isBelow(version: Version, limit: Version): boolean {
  const difference = version.map((part, index) => part - (limit[index] ?? 0)).find((part) => part !== 0);
  return difference !== undefined && difference < 0;
}
