import { describe, expect, it } from 'vitest';
import { renderUnits } from '../../../src/service/units.ts';

describe('the units', () => {
  const { service, socket } = renderUnits({
    command: ['/usr/bin/node', '/opt/my tools/run.js', 'serve', '--workloads', '/etc/50%/$HOME'],
    socket: '/run/cryptosync/cryptosync.sock',
    drainSeconds: 60,
  });

  it('give each word to the program as it is', () => {
    expect(service).toContain(
      'ExecStart=/usr/bin/node "/opt/my tools/run.js" serve --workloads /etc/50%%/$$HOME\n',
    );
  });

  it('open a socket of the owner’s alone, and leave time for the last syncs', () => {
    expect(socket).toContain('ListenStream=/run/cryptosync/cryptosync.sock\nSocketMode=0600\n');
    expect(service).toContain('TimeoutStopSec=90\n');
    expect(service).toContain('Type=notify\nNotifyAccess=all\n');
  });
});
