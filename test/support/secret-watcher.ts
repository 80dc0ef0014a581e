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

function read(pid: string, file: 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return ''; // it has ended
  }
}

/**
 * The environment of a fork is its parent's until the program takes its place: what is read counts for the command
 * line that stood there before and after.
 */
function look(pid: string): void {
  let cmdline = read(pid, 'cmdline');
  for (;;) {
    const environ = read(pid, 'environ');
    const after = read(pid, 'cmdline');
    if (after === cmdline || after === '') {
      report(pid, 'cmdline', cmdline, cmdline);
      report(pid, 'environ', environ, cmdline);
      return;
    }
    cmdline = after;
  }
}

function report(pid: string, file: 'cmdline' | 'environ', text: string, cmdline: string): void {
  const program = cmdline.split('\0')[0] ?? '';
  const place = `${pid} ${file}`;
  const found = `${program}\0${text}`;
  if (text === '' || seen.get(place) === found) return;
  seen.set(place, found);
  programs.add(program.split('/').at(-1) ?? '');
  for (const hit of findSecrets(text, secrets ?? {})) hits.add(`${place} (${program}): ${hit}`);
}

function sweep(): void {
  for (const name of readdirSync('/proc')) {
    const first = name.charCodeAt(0);
    if (first < 48 || first > 57) continue;
    look(name);
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
