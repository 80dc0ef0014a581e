/** The kernel's mount table (proc(5), /proc/pid/mountinfo): what is mounted where. It is a file, and never waits. */
import { readFileSync } from 'node:fs';

export interface MountEntry {
  readonly mountPoint: string;
  readonly fileSystemType: string;
  /** For FUSE: the name that the daemon gave, the encrypted directory for the engines. */
  readonly source: string;
  /** The user who mounted it, where the file system says so (`user_id=`). */
  readonly userId: number | undefined;
  readonly readOnly: boolean;
  /** Whether the kernel lets other users ask (`allow_other`). */
  readonly allowsOthers: boolean;
}

export function parseMountTable(text: string): MountEntry[] {
  const entries: MountEntry[] = [];
  for (const line of text.split('\n')) {
    const separator = line.indexOf(' - ');
    if (separator < 0) continue;
    const head = line.slice(0, separator).split(' ');
    const [fileSystemType = '', source = '', superOptions = ''] = line.slice(separator + 3).split(' ');
    // a daemon that mounts without fusermount3 can leave the one or the other at `rw`
    const options = [...(head[5] ?? '').split(','), ...superOptions.split(',')];
    const userId = /(?:^|,)user_id=(\d+)/.exec(superOptions)?.[1];
    entries.push({
      mountPoint: decodeMountField(head[4] ?? ''),
      fileSystemType,
      source: decodeMountField(source),
      userId: userId === undefined ? undefined : Number(userId),
      readOnly: options.includes('ro'),
      allowsOthers: options.includes('allow_other'),
    });
  }
  return entries;
}

/** What was read last, and what it says: a command asks often, and hardly ever has it changed. */
let last: { readonly text: string; readonly entries: readonly MountEntry[] } = { text: '', entries: [] };

/** As it is now. Each answer is a list of its own: what is learned of stores is kept by it, and must not grow old. */
export function readMountTable(): MountEntry[] {
  const text = readFileSync('/proc/self/mountinfo', 'utf8');
  if (text !== last.text) last = { text, entries: parseMountTable(text) };
  return [...last.entries];
}

/** The kernel's table writes space, tab, newline and backslash as three octal digits (hazards.md G13). */
function decodeMountField(field: string): string {
  if (!field.includes('\\')) return field;
  const bytes: Buffer[] = [];
  for (const part of field.split(/(\\[0-7]{3})/)) {
    bytes.push(
      /^\\[0-7]{3}$/.test(part) ? Buffer.from([Number.parseInt(part.slice(1), 8)]) : Buffer.from(part),
    );
  }
  return Buffer.concat(bytes).toString('utf8');
}
