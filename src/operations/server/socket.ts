/** Where a server's socket lies when nobody says where. */
import { isAbsolute, join } from 'node:path';

/** Below the user's runtime directory, or the system's where there is none. */
export function serverSocket(environment: NodeJS.ProcessEnv): string {
  const runtime = environment['XDG_RUNTIME_DIR'];
  const directory = runtime !== undefined && isAbsolute(runtime) ? runtime : '/run';
  return join(directory, 'cryptosync', 'cryptosync.sock');
}
