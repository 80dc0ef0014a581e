/** Which addresses a process listens at, as the kernel says. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface Listening {
  /** As proc(5) writes it: `0100007F` is 127.0.0.1. */
  readonly address: string;
  readonly port: number;
}

/** The TCP sockets of a process that wait for connections. */
export function listeningSockets(pid: number): Listening[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).map((name) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`))?.[1];
      } catch {
        return undefined; // closed meanwhile
      }
    }),
  );
  return everySocket().filter(({ inode }) => inodes.has(inode));
}

/** Whether anybody of this machine listens at a port. */
export function isListenedAt(port: number): boolean {
  return everySocket().some((socket) => socket.port === port);
}

function everySocket(): (Listening & { readonly inode: string })[] {
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((words) => words[3] === '0A')
      .map(([, local = '', , , , , , , , inode = '']) => {
        const [address = '', port = '0'] = local.split(':');
        return { address, port: Number.parseInt(port, 16), inode };
      }),
  );
}
