/** The table of `status`, and below it a line for everything that is not in order. */
import { stripVTControlCharacters } from 'node:util';
import type { Health, VaultStatus } from '../operations/status.ts';
import { paint, printable } from './style.ts';
import { renderTable } from './table.ts';

const colours: Readonly<Record<Health, Parameters<typeof paint>[0]>> = {
  healthy: 'green',
  unmounted: 'gray',
  warning: 'yellow',
  'needs setup': 'cyan',
  error: 'red',
};

const heading = ['CLIENT', 'PROFILE', 'ENGINE', 'STATE', 'HEALTH', 'LAST SYNC', 'REMOTE', 'MOUNT DIRECTORY'];

/** @param columns how wide the terminal is: where the table is wider, the mount directories are left out. */
export function statusLines(vaults: readonly VaultStatus[], columns: number): string[] {
  if (vaults.length === 0)
    return ['There are no clients here yet. Set one up: cryptosync install --client NAME'];
  const rows = vaults.map((vault) => [
    vault.client,
    vault.profile,
    vault.engine ?? '-',
    vault.state,
    paint(colours[vault.health], vault.health, process.stdout),
    lastSync(vault),
    remote(vault),
    printable(vault.mountDir ?? '-'),
  ]);
  const notes = vaults.flatMap((vault) =>
    vault.notes.map((note) => `${vault.client}/${vault.profile}: ${printable(note)}`),
  );
  const table = [heading, ...rows];
  const whole = renderTable(table);
  const fits = whole.split('\n').every((line) => stripVTControlCharacters(line).length <= columns);
  const shown = fits ? whole : renderTable(table.map((row) => row.slice(0, -1)));
  return [shown, ...(notes.length === 0 ? [] : ['', ...notes])];
}

function lastSync({ lastSync: last }: VaultStatus): string {
  return last === null ? 'never' : `${last.at} ${last.outcome}`;
}

function remote({ remote: found }: VaultStatus): string {
  if (found === null) return '-';
  const place = `${found.name}:${found.path}`;
  if (found.type === null) return `${printable(place)} (not configured)`;
  const reachable = found.reachable === null ? '' : found.reachable ? ', reachable' : ', NOT reachable';
  return printable(`${place} (${found.type}${reachable})`);
}
