/**
 * Remotes whose credentials go over the network in the clear: `http://` in any option of any backend (webdav's url, s3's
 * endpoint, swift's auth, …), beside something that tells who we are. What is on this machine's loopback never leaves it.
 */
import { isIP } from 'node:net';
import type { Remote } from '../remote.ts';
import type { RcloneConf } from './conf.ts';
import { isSecretOption } from './secret-options.ts';
import { layersOf } from './whereabouts/layers.ts';

/** Options that bring credentials from elsewhere. */
const bringsCredentials = /(?:^|_)(?:bearer_token_command|env_auth|shared_credentials_file)$/i;

type Settings = Iterable<readonly [option: string, value: string]>;

/** Where one remote sends its credentials in the clear, each server once: `http://nas.example:8080`. */
function serversIn(settings: Settings): string[] {
  const given = [...settings].filter(([, value]) => value !== '' && value !== 'false');
  const urls = given.flatMap(([, value]) => httpUrlOf(value) ?? []);
  const hasCredentials =
    given.some(([option]) => isSecretOption(option) || bringsCredentials.test(option)) ||
    urls.some(({ username, password }) => username !== '' || password !== '');
  return hasCredentials
    ? [...new Set(urls.filter((url) => !isLoopback(url)).map(({ origin }) => origin))]
    : [];
}

function httpUrlOf(value: string): URL | undefined {
  return /^\s*http:\/\//i.test(value) && URL.canParse(value) ? new URL(value) : undefined;
}

/** URL has brought every way to write an address to one. */
function isLoopback({ hostname }: URL): boolean {
  if (isIP(hostname) === 4) return hostname.startsWith('127.');
  return (
    hostname === '[::1]' ||
    /^\[::ffff:7f[\da-f]{2}:/.test(hostname) ||
    hostname === 'localhost' ||
    hostname.endsWith('.localhost')
  );
}

/** The servers to which a remote of rclone.conf, or one that it leads through, sends its credentials in the clear. */
export function exposedServers(conf: RcloneConf, name: string): string[] {
  return [...new Set(layersOf(conf, name).flatMap(({ settings }) => serversIn(settings)))];
}

/** The same for a remote that is defined by environment. */
export function serversExposedBy({ environment = {} }: Remote): string[] {
  return serversIn(Object.entries(environment));
}

/** What is said of a remote that is exposed. */
export function describeExposure(name: string, servers: readonly string[]): string {
  return `the remote ${name} sends its credentials to ${servers.join(' and ')} unencrypted: whoever is on the way can read and use them`;
}
