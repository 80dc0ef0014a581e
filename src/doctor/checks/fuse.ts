/** Whether this user can mount anything at all. */
import { closeSync, constants, openSync } from 'node:fs';
import { errnoOf } from '../../system/errors.ts';
import { readTextIfPresent } from '../../system/files.ts';
import type { Examination, ProfileCase } from '../examination.ts';
import { type Diagnosis, inOrder, machine } from '../finding.ts';

const device = '/dev/fuse';
const why = 'No vault can be mounted without FUSE.';

export function checkFuse({ context }: Examination, cases: readonly ProfileCase[]): Diagnosis[] {
  return [...checkAccess(), ...checkAllowOther(context.userId, cases)];
}

function checkAccess(): Diagnosis[] {
  const failure = tryToOpen();
  // opening the device loads the module, where it was not loaded yet: so the kernel is asked afterwards
  const kernelKnowsFuse = /^nodev\s+fuse$/m.test(readTextIfPresent('/proc/filesystems') ?? '');
  if (failure === undefined && kernelKnowsFuse) return [inOrder('fuse', machine, 'FUSE can be used')];
  const base = { severity: 'error' as const, subject: machine, why };
  if (failure === 'EACCES' || failure === 'EPERM') {
    const what = `this user may not open ${device}`;
    return [{ ...base, id: 'fuse-denied', what, mend: { to: 'open-fuse-device', device } }];
  }
  if (failure !== undefined) {
    const what = failure === 'ENOENT' ? `there is no ${device}` : `${device} can't be opened (${failure})`;
    return [{ ...base, id: 'fuse-missing', what, mend: { to: 'load-fuse-now' } }];
  }
  return [
    { ...base, id: 'fuse-kernel', what: 'the kernel does not know fuse', mend: { to: 'load-fuse-now' } },
  ];
}

function tryToOpen(): string | undefined {
  try {
    closeSync(openSync(device, constants.O_RDWR));
    return undefined;
  } catch (error) {
    return errnoOf(error) ?? 'unknown';
  }
}

/** Root needs no permission for it (fuse.conf(5)). */
function checkAllowOther(userId: number, cases: readonly ProfileCase[]): Diagnosis[] {
  if (userId === 0 || /^\s*user_allow_other\s*$/m.test(readTextIfPresent('/etc/fuse.conf') ?? '')) return [];
  return cases
    .filter(({ profile }) => profile.allowOther === true)
    .map(({ name }) => ({
      id: 'fuse-allow-other',
      severity: 'error',
      subject: name,
      what: 'the profile has allowOther, but /etc/fuse.conf has no user_allow_other',
      why: 'Only root may then mount for other users: mounting fails.',
      mend: { to: 'let-others-mount' },
    }));
}
