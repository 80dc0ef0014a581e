/** A workload says what a session syncs, where to, and when; it holds no tenant's secret. */
import { isAbsolute } from 'node:path';
import * as v from 'valibot';
import { describeIssues, issuesOf, type SchemaIssue } from '../../clients/schema-issues.ts';
import { controlDirectory } from '../../remotes/remote.ts';
import { adapterFor, type Sink } from '../../remotes/sinks/index.ts';
import { directions, isIncludePattern, transferModes } from '../../remotes/tuning.ts';
import { parseDuration } from '../../system/clock.ts';
import { CryptosyncError, toCryptosyncError } from '../../system/errors.ts';

const line = v.pipe(v.string(), v.minLength(1), v.maxLength(4096), v.regex(/^\P{Cc}+$/u, 'must be one line'));

/** Names joined by single slashes that can't step out of where they begin; `.` for that itself. */
const below = v.pipe(
  line,
  v.check(isBelow, 'must be a path below its directory, without . and ..; or . for the directory itself'),
);

function isBelow(path: string): boolean {
  const steps = path.split('/');
  return (
    path === '.' ||
    (!path.includes('\\') && steps.every((name) => !['', '.', '..', controlDirectory].includes(name)))
  );
}

const workloadId = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be a name like a client id'),
);

const mappingSchema = v.strictObject({
  /** Below the session's directory; `.` is all of it. */
  path: below,
  /** Below the tenant's own directory on the sink; as `path` when left out. */
  sinkPath: v.optional(below),
  /** `download` only fills it at the claim, `upload` only sends it. Default `bidirectional`: both, each in its turn. */
  direction: v.optional(v.picklist(directions)),
  mode: v.optional(v.picklist(transferModes)),
  include: v.optional(
    v.array(v.pipe(v.string(), v.check(isIncludePattern, "must be a pattern of rclone's"))),
  ),
});

const command = v.pipe(
  v.tupleWithRest([v.pipe(line, v.check(isAbsolute, 'must be the absolute path of a program'))], v.string()),
  v.maxLength(100),
);

const remoteSchema = v.variant('from', [
  v.strictObject({
    /** The rclone.conf of the tenant's own client tree, and the remote of one of its profiles. */
    from: v.literal('profile'),
    profile: v.pipe(v.string(), v.minLength(1)),
    /** The path or bucket on it; the tenant's id comes below. It must lie apart from the profile's own place. */
    path: line,
  }),
  v.strictObject({
    from: v.literal('file'),
    configFile: v.pipe(line, v.check(isAbsolute, 'must be an absolute path')),
    name: line,
    path: line,
  }),
]);

function isInterval(text: string): boolean {
  return (parseDuration(text) ?? 0) >= 1000;
}

/** A workload as its file has it: `<id>.json`. */
export const workloadSchema = v.pipe(
  v.strictObject({
    $schema: v.optional(v.string()),
    version: v.literal(1),
    /** A place given as settings, with its credentials. */
    sink: v.optional(
      v.custom<Sink>((value) => typeof value === 'object' && value !== null, 'must be an object'),
    ),
    /** A place of an rclone.conf. */
    remote: v.optional(remoteSchema),
    mappings: v.pipe(v.array(mappingSchema), v.minLength(1), v.maxLength(32)),
    policy: v.strictObject({
      onClaim: v.optional(v.picklist(['download', 'none'])),
      onRelease: v.optional(v.picklist(['upload', 'none'])),
      /** What becomes of the files here when all of them were sent. Default `remove`: without the key nothing can be read. */
      afterRelease: v.optional(v.picklist(['remove', 'keep'])),
      /** How often a claimed session is uploaded by itself. */
      interval: v.optional(
        v.pipe(v.string(), v.check(isInterval, 'must be a duration such as 5m, of a second at least')),
      ),
      encryption: v.picklist(['required', 'optional', 'none']),
    }),
    /** Programs with their arguments, run without a shell. */
    hooks: v.optional(v.strictObject({ claim: v.optional(command), release: v.optional(command) })),
  }),
  v.check(
    ({ sink, remote }) => (sink === undefined) !== (remote === undefined),
    'needs either sink or remote',
  ),
  v.check(
    ({ mappings }) => areApart(mappings.map(({ path }) => path)),
    'two mappings overlap in their paths',
  ),
  v.check(
    ({ mappings }) => areApart(mappings.map(({ path, sinkPath = path }) => sinkPath)),
    'two mappings overlap in their paths on the sink',
  ),
);

/** The keys of a workload that can be set one by one; those of a sink are its adapter's. */
export const workloadKeys: readonly string[] = [
  ...Object.keys(workloadSchema.entries).filter((key) => key !== '$schema'),
  ...Object.keys(workloadSchema.entries.policy.entries).map((key) => `policy.${key}`),
  ...Object.keys(workloadSchema.entries.hooks.wrapped.entries).map((key) => `hooks.${key}`),
  ...[...new Set(remoteSchema.options.flatMap(({ entries }) => Object.keys(entries)))].map(
    (key) => `remote.${key}`,
  ),
];

export type Workload = v.InferInput<typeof workloadSchema>;
export type WorkloadMapping = Workload['mappings'][number];

function areApart(paths: readonly string[]): boolean {
  const spots = paths.map((path) => (path === '.' ? '/' : `/${path}/`));
  return spots.every((one, index) => !spots.some((other, at) => at !== index && one.startsWith(other)));
}

export function isWorkloadId(text: unknown): text is string {
  return v.is(workloadId, text);
}

/** @returns the workload, or what is wrong with it; never with a value, which may be a secret of the sink's */
export function checkWorkload(value: unknown): { workload: Workload } | { issues: SchemaIssue[] } {
  const result = v.safeParse(workloadSchema, value);
  if (!result.success) return { issues: issuesOf(result.issues).map(withoutValue) };
  const { sink } = result.output;
  try {
    if (sink !== undefined) adapterFor(sink).buildRemotePath(sink, 'tenant', '');
  } catch (thrown) {
    return { issues: [{ path: 'sink', message: toCryptosyncError(thrown).message }] };
  }
  return { workload: result.output };
}

/** What was found instead may be a secret that stands in the wrong place. */
function withoutValue({ path, message }: SchemaIssue): SchemaIssue {
  return { path, message: message.replace(/ but received .*$/s, '') };
}

/** @param name how messages call it: its file, or `the workload X`. @throws CONFIG_INVALID */
export function verifyWorkload(value: unknown, name: string): Workload {
  const checked = checkWorkload(value);
  if ('workload' in checked) return checked.workload;
  const { issues } = checked;
  throw new CryptosyncError('CONFIG_INVALID', `${name} is not a valid workload: ${describeIssues(issues)}`, {
    advice: { to: 'mend-or-remove-file' },
    details: { issues },
  });
}
