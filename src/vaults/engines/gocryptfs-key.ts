/** The master key of a gocryptfs vault, as its configuration holds it under the password (gocryptfs-xray(1)). */
import { Secret } from '../../secrets/secret.ts';
import { requireTool } from '../../system/dependencies.ts';
import { minimalEnvironment } from '../../system/environment.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { lastLines, run } from '../../system/process.ts';
import type { EngineDependencies } from './engine.ts';
import { startFailure } from './failure.ts';

/** scrypt takes about 0.2 s; a slow or busy machine gets a hundred times that. */
const deadline = 60_000;
/** For a wrong password it is 8, for other failures too: what it says tells which (hazards.md G23). */
const wrongPassword = /^Password incorrect\.$/m;

/** @param config the path of gocryptfs.conf. @throws WRONG_PASSWORD, TOOL_MISSING, CONFIG_INVALID */
export async function masterKeyOf(
  config: string,
  password: Secret,
  { environment, signal }: EngineDependencies,
): Promise<Secret> {
  const finished = await run({
    file: requireTool('gocryptfs-xray', environment),
    args: ['-dumpmasterkey', '--', config],
    environment: minimalEnvironment(environment),
    input: password,
    deadline,
    signal,
  });
  const failure = startFailure(finished, 'gocryptfs-xray', 'read the master key', deadline);
  if (failure !== undefined) throw failure;
  if (wrongPassword.test(finished.stderr))
    throw new CryptosyncError('WRONG_PASSWORD', 'the password does not open this vault');
  const key = /^[0-9a-f]{64}$/m.exec(finished.stdout)?.[0];
  if (finished.exitCode === 0 && key !== undefined) return new Secret(key);
  const said = lastLines(finished.stderr, 2);
  throw new CryptosyncError('CONFIG_INVALID', `gocryptfs-xray could not read the master key: ${said}`, {
    advice: { to: 'compare-config' },
  });
}
