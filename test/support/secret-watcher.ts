/**
 * The watcher's own process: reads the command line and the environment of every process of the machine, again and
 * again, until stdin ends. The secrets come on stdin, so that it does not find itself.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { findSecrets } from './secret-forms.ts';

export interface Watched {
  /** Where a secret was seen: `4711 cmdline (/usr/bin/gocryptfs): vault password: raw`; a shell stands with its script. */
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

/** A program that takes the place of another one has a command line again well before so many readings. */
const readings = 1000;

/**
 * The environment of a fork is its parent's until the program takes its place: what is read counts for the command
 * line that stood there before and after. While the one takes the place of the other there is none.
 */
function look(pid: string): void {
  let before = { cmdline: read(pid, 'cmdline'), environ: '' };
  for (let reading = 1; ; reading += 1) {
    const environ = read(pid, 'environ');
    const cmdline = read(pid, 'cmdline');
    const hasEnded = cmdline === '' && environ === '';
    if (hasEnded || (cmdline === before.cmdline && cmdline !== '') || reading === readings) {
      report(pid, hasEnded ? before : { cmdline, environ });
      return;
    }
    before = { cmdline, environ: cmdline === '' ? before.environ : environ };
  }
}

function report(pid: string, texts: { readonly cmdline: string; readonly environ: string }): void {
  const [program = '', option, script] = texts.cmdline.split('\0');
  // any program may be started by a shell: which one it becomes stands in its script
  const told = option === '-c' ? `${program} -c ${script}` : program;
  for (const file of ['cmdline', 'environ'] as const) {
    const place = `${pid} ${file}`;
    const found = `${program}\0${texts[file]}`;
    if (texts[file] === '' || seen.get(place) === found) continue;
    seen.set(place, found);
    programs.add(program.split('/').at(-1) ?? '');
    for (const hit of findSecrets(texts[file], secrets ?? {})) hits.add(`${place} (${told}): ${hit}`);
  }
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
