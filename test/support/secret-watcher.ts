/**
 * The watcher's own process: reads the command line and the environment of every process of the machine, again and
 * again, until stdin ends. The secrets come on stdin, so that it does not find itself.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { findSecrets } from './secret-forms.ts';

export interface Watched {
  /** Where a secret was seen: `4711 cmdline (gocryptfs …): vault password: raw`. */
  readonly hits: string[];
  /** The programs that were seen at all, by their base names. */
  readonly programs: string[];
  readonly sweeps: number;
}

let secrets: Readonly<Record<string, string>> | undefined;
const hits = new Set<string>();
const programs = new Set<string>();
/** What a process was seen with: it is looked at again only when that changes. */
const seen = new Map<string, string>();
let sweeps = 0;

function look(pid: string, file: 'cmdline' | 'environ'): void {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return; // it has ended
  }
  const place = `${pid} ${file}`;
  if (text === '' || seen.get(place) === text) return;
  seen.set(place, text);
  if (file === 'cmdline') programs.add((text.split('\0')[0] ?? '').split('/').at(-1) ?? '');
  for (const hit of findSecrets(text, secrets ?? {})) hits.add(`${place} (${programOf(pid)}): ${hit}`);
}

/** Asked anew: what was a fork of its parent a moment ago may be the program by now. */
function programOf(pid: string): string {
  look(pid, 'cmdline');
  return (seen.get(`${pid} cmdline`) ?? 'unknown').split('\0')[0] ?? '';
}

function sweep(): void {
  for (const name of readdirSync('/proc')) {
    const first = name.charCodeAt(0);
    if (first < 48 || first > 57) continue;
    look(name, 'cmdline');
    look(name, 'environ');
  }
  sweeps += 1;
  setImmediate(sweep);
}

let input = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk: string) => {
  input += chunk;
  if (secrets !== undefined || !input.includes('\n')) return;
  secrets = JSON.parse(input) as Record<string, string>;
  sweep();
  process.stdout.write('watching\n');
});
process.stdin.on('end', () => {
  const watched: Watched = { hits: [...hits], programs: [...programs], sweeps };
  process.stdout.write(JSON.stringify(watched), () => process.exit(0));
});
