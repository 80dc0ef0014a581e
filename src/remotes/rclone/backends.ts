/** The backends that the installed rclone knows, asked of rclone itself. */
import { CryptosyncError } from '../../system/errors.ts';
import { questionDeadline, type RcloneDependencies, rclone } from './call.ts';
import { rcloneFailure } from './failure.ts';
import { isSecretOption } from './secret-options.ts';
import { serviceOf } from './services.ts';

export interface Backend {
  readonly name: string;
  readonly options: readonly BackendOption[];
}

interface BackendOption {
  readonly name: string;
  readonly isSecret: boolean;
  /** rclone.conf holds it obscured, and never as it was given. */
  readonly isObscured: boolean;
}

interface RawBackend {
  Name: string;
  Prefix: string;
  Options: { Name: string; IsPassword: boolean; Sensitive?: boolean }[] | null;
}

export async function listBackends(dependencies: RcloneDependencies): Promise<Backend[]> {
  const result = await rclone(
    { args: ['config', 'providers'], configFile: '/dev/null', deadline: questionDeadline },
    dependencies,
  );
  if (result.exitCode !== 0) throw rcloneFailure(result, 'rclone', 'list the backends');
  const raw = JSON.parse(result.stdout) as RawBackend[];
  return raw.map(({ Name, Prefix, Options }) => ({
    name: Prefix || Name,
    options: (Options ?? []).map((option) => ({
      name: option.Name,
      isObscured: option.IsPassword,
      isSecret: option.IsPassword || option.Sensitive === true || isSecretOption(option.Name),
    })),
  }));
}

/** @throws REMOTE_TYPE_UNKNOWN with rclone's own list. */
export function findBackend(type: string, backends: readonly Backend[]): Backend {
  const name = serviceOf(type).backend;
  const backend = backends.find((candidate) => candidate.name === name);
  if (backend !== undefined) return backend;
  const known = backends.map((candidate) => candidate.name).sort();
  throw new CryptosyncError('REMOTE_TYPE_UNKNOWN', `rclone has no backend ${JSON.stringify(type)}`, {
    advice: { to: 'choose-among', known },
    details: { known },
  });
}

/** @throws USAGE for an option that the backend does not have, or whose value rclone.conf can't hold. */
export function verifyOptions(backend: Backend, options: ReadonlyMap<string, string>): void {
  const names = new Set(backend.options.map((option) => option.name));
  const unknown = [...options.keys()].filter((name) => !names.has(name));
  if (unknown.length > 0) {
    throw new CryptosyncError('USAGE', `the backend ${backend.name} has no option ${unknown.join(', ')}`, {
      advice: { to: 'choose-among', known: [...names] },
    });
  }
  const obscured = new Set(backend.options.filter(({ isObscured }) => isObscured).map(({ name }) => name));
  for (const [name, value] of options) {
    if (obscured.has(name) || !unkeepable.test(value)) continue;
    throw new CryptosyncError(
      'USAGE',
      `rclone.conf can't hold the value of ${name}: it has a \` or a %( in it`,
      {
        advice: { to: 'value-would-change' },
      },
    );
  }
}

/** rclone puts quotes around a value with a backtick and keeps them when it reads it; `%(name)s` it replaces (R15). */
const unkeepable = /`|%\(/;

/** The options among the given ones whose values are secrets. */
export function secretOptions(backend: Backend, options: ReadonlyMap<string, string>): string[] {
  return backend.options
    .filter((option) => option.isSecret && options.has(option.name))
    .map(({ name }) => name);
}
