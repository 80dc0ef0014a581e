/** The log in the journal, read back by journalctl. */
import { cryptosync } from './machine.ts';
import type { Trial } from './trial.ts';

const unit = 'cryptosync-sync-client1-default.service';

export async function readBack(trial: Trial): Promise<void> {
  const entries = (question: string): Record<string, string>[] =>
    trial
      .says(`journalctl --no-pager -b -o json -t cryptosync ${question}`)
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
  trial.must(`${cryptosync} sync -c client1 -q --log journal`);
  const ended = (): Record<string, string> | undefined =>
    entries('CRYPTOSYNC_OPERATION=sync CRYPTOSYNC_RESULT=ok').at(-1);
  await trial.until(() => ended() !== undefined);
  const entry = ended() ?? {};
  const { CRYPTOSYNC_CLIENT, CRYPTOSYNC_OPERATION, CRYPTOSYNC_EXIT_CODE, PRIORITY, MESSAGE } = entry;
  trial.check(
    'a line of the log is an entry of the journal, with fields of its own',
    [CRYPTOSYNC_CLIENT, CRYPTOSYNC_OPERATION, CRYPTOSYNC_EXIT_CODE, PRIORITY].join() === 'client1,sync,0,6' &&
      MESSAGE?.includes('sync ended') === true,
    JSON.stringify(entries('')),
  );
  trial.must(`${cryptosync} config set log journal --global`);
  trial.must(`systemctl start ${unit}`);
  const ofUnit = (): string => trial.says(`journalctl --no-pager -b -u ${unit} CRYPTOSYNC_CLIENT=client1`);
  const told = (): boolean => trial.says(`journalctl --no-pager -b -u ${unit}`).includes('sync ended');
  trial.check('and stands among those of the unit it ran in', await trial.until(told, 20_000), ofUnit());
  trial.machine.run(`mv /srv/remote /srv/away; touch /srv/remote; systemctl start ${unit}`);
  trial.check(
    'a failure is found by its result',
    entries('CRYPTOSYNC_RESULT=failed').some(({ PRIORITY: priority }) => priority === '3'),
    JSON.stringify(entries('')),
  );
  trial.must(`rm /srv/remote; mv /srv/away /srv/remote; systemctl reset-failed ${unit}`);
  trial.must(`${cryptosync} config unset log --global`);
}
