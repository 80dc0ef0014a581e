import { describe, expect, it } from 'vitest';
import { verifyNoLooking } from '../../../../src/service/listening/looking.ts';

describe('a way to look into the memory of the server', () => {
  it.each([
    '--inspect',
    '--inspect-brk=0',
    '--heapsnapshot-signal=SIGUSR2',
    '--heap-prof',
    '--report_on_signal',
  ])('%s is refused, in the environment and on the command line', (option) => {
    expect(() => verifyNoLooking({ NODE_OPTIONS: `--no-deprecation ${option}` }, [])).toThrow(option);
    expect(() => verifyNoLooking({}, [option])).toThrow(option);
  });

  it('is none of the other options', () => {
    verifyNoLooking({ NODE_OPTIONS: '--max-old-space-size=200 --no-deprecation' }, ['--enable-source-maps']);
  });
});
