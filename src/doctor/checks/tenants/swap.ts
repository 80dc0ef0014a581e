/** Where the machine itself could write what tenants claim with. */
import { basename } from 'node:path';
import { readTextIfPresent } from '../../../system/files.ts';
import { type Diagnosis, machine } from '../../finding.ts';

/**
 * Swap that is no encrypted device: what is in memory, keys among it, may be written there.
 * @param table the kernel's, swaps a line below a heading (proc(5))
 */
export function checkSwap(table: string = readTextIfPresent('/proc/swaps') ?? ''): Diagnosis[] {
  const lines = table.split('\n').slice(1);
  return lines.flatMap((line) => {
    const path = line.split(/\s+/)[0] ?? '';
    if (path === '' || isSealed(path)) return [];
    return [
      {
        id: 'swap-open',
        severity: 'info' as const,
        subject: machine,
        what: `this machine swaps to ${path}, which is not known to be encrypted`,
        why: 'What tenants claim with lies in memory, and nothing of it can be locked there.',
        mend: { to: 'encrypt-swap' } as const,
      },
    ];
  });
}

/** Compressed memory, or a device of dm-crypt (its uuid begins so: cryptsetup(8)). */
function isSealed(path: string): boolean {
  const name = basename(path);
  if (name.startsWith('zram')) return true;
  return (readTextIfPresent(`/sys/block/${name}/dm/uuid`) ?? '').startsWith('CRYPT-');
}
