/** The units by which systemd opens the socket, starts the server when somebody connects, and restarts it. */

import { commandWord, quoted } from '../schedules/systemd/words.ts';

export interface UnitSettings {
  /** The program with its arguments, as the unit runs it. */
  readonly command: readonly string[];
  /** Where the socket lies. */
  readonly socket: string;
  /** Seconds that the last syncs may take. */
  readonly drainSeconds: number;
}

/** Texts for `cryptosync.socket` and `cryptosync.service`. A bare Debian has no program called kill, but its shell. */
export function renderUnits({ command, socket, drainSeconds }: UnitSettings): {
  socket: string;
  service: string;
} {
  return {
    socket: `[Unit]
Description=cryptosync sessions, the socket

[Socket]
ListenStream=${quoted(socket)}
SocketMode=0600
DirectoryMode=0700

[Install]
WantedBy=sockets.target
`,
    service: `[Unit]
Description=cryptosync sessions
Requires=cryptosync.socket
After=cryptosync.socket network-online.target
Wants=network-online.target

[Service]
Type=notify
NotifyAccess=all
ExecStart=${command.map(commandWord).join(' ')}
EnvironmentFile=-/etc/cryptosync/serve.env
ExecReload=/bin/sh -c "kill -HUP $MAINPID"
Restart=on-failure
TimeoutStopSec=${drainSeconds + 30}
KillMode=mixed
LimitCORE=0
UMask=0077
NoNewPrivileges=yes
PrivateTmp=yes

[Install]
WantedBy=multi-user.target
`,
  };
}
