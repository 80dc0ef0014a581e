/** Where a server listens: a unix socket, an address of TCP, or what systemd has opened for it. */
import { readFileSync, readlinkSync } from 'node:fs';
import { isIP } from 'node:net';
import { CryptosyncError } from '../../system/errors.ts';

export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

export type ListeningAt =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'tcp'; readonly address: TcpAddress }
  | { readonly kind: 'activated'; readonly descriptor: number };

/** Reads `HOST:PORT`, where an IPv6 address stands in brackets; port 0 lets the kernel choose. @throws USAGE */
export function parseAddress(text: string): TcpAddress {
  const { host, bracketed, digits } =
    /^(?:\[(?<bracketed>[^\]]+)\]|(?<host>[^:[\]]+)):(?<digits>\d{1,5})$/.exec(text)?.groups ?? {};
  const port = Number(digits);
  const isUsable = bracketed === undefined ? host !== undefined : isIP(bracketed) === 6;
  if (!isUsable || port > 65_535) {
    throw new CryptosyncError('USAGE', `${JSON.stringify(text)} is no address to listen at`, {
      advice: { to: 'write-address' },
    });
  }
  return { host: bracketed ?? host ?? '', port };
}

/** Whether only this machine can reach an address. */
export function isLoopback({ host }: TcpAddress): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** The first descriptor that systemd hands over (sd_listen_fds(3)). */
const firstDescriptor = 3;

/** The socket that systemd opened for this very process, where it did. @throws CONFIG_INVALID for more than one */
export function activatedDescriptor(environment: NodeJS.ProcessEnv): number | undefined {
  const count = Number(environment['LISTEN_FDS'] ?? 0);
  if (environment['LISTEN_PID'] !== String(process.pid) || !(count > 0)) return undefined;
  if (count > 1) {
    throw new CryptosyncError('CONFIG_INVALID', `systemd gave ${count} sockets, and one is listened at`);
  }
  return firstDescriptor;
}

/** Where a unix socket lies, empty for one without a name; undefined for what is no unix socket (proc_net(5)). */
export function pathOfSocket(descriptor: number): string | undefined {
  const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${descriptor}`))?.[1];
  const line = new RegExp(` ${inode}(?: (?<path>.*))?$`, 'm').exec(readFileSync('/proc/net/unix', 'utf8'));
  return line === null ? undefined : (line.groups?.['path'] ?? '');
}
