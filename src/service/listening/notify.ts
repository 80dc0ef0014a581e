/** Telling systemd how the server is (sd_notify(3)). Node has no datagrams on unix sockets; systemd-notify(1) has. */
import { findExecutable } from '../../system/dependencies.ts';
import { minimalEnvironment } from '../../system/environment.ts';
import { run } from '../../system/process.ts';

export type Notice = 'READY=1' | 'RELOADING=1' | 'STOPPING=1';

/** Milliseconds. */
const deadline = 5000;

/** Says it where somebody listens; the unit has to say NotifyAccess=all, as it is a child that speaks. */
export async function notifySystemd(notice: Notice, environment: NodeJS.ProcessEnv): Promise<void> {
  const socket = environment['NOTIFY_SOCKET'];
  const file = socket === undefined ? undefined : findExecutable('systemd-notify', environment);
  if (socket === undefined || file === undefined) return;
  await run({
    file,
    args: [`--pid=${process.pid}`, notice],
    environment: { ...minimalEnvironment(environment), NOTIFY_SOCKET: socket },
    deadline,
  });
}
