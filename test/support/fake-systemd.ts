/** systemctl and crontab in the place of the real ones: they write down how they were called, and answer from files. */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface FakeSystemd {
  /** For PATH, before all else. */
  readonly directory: string;
  /** The calls since the last time, the options that are always there left out. */
  calls(): string[];
  /** Sets what a question is answered with: `is-enabled` → `disabled`. */
  answer(question: string, text: string): void;
  /** Lets every call of a verb fail. */
  fail(verb: string): void;
  /** The user's crontab. */
  crontab(): string;
  setCrontab(text: string): void;
}

export function fakeSystemd(base: string): FakeSystemd {
  const directory = join(base, 'fake');
  mkdirSync(directory, { recursive: true });
  const at = (name: string): string => join(directory, name);
  const script = (name: string, text: string): void => {
    writeFileSync(at(name), `#!/bin/sh\n${text}`);
    chmodSync(at(name), 0o755);
  };
  script(
    'systemctl',
    `words=
for word; do case $word in --no-*) ;; *) words="$words $word" ;; esac; done
echo "systemctl$words" >> '${at('calls')}'
for word; do case $word in -*) ;; *) verb=$word; break ;; esac; done
if [ -e '${directory}'/fail-"$verb" ]; then echo "it is broken" >&2; exit 1; fi
if [ -e '${directory}'/answer-"$verb" ]; then cat '${directory}'/answer-"$verb"; fi
`,
  );
  script(
    'crontab',
    `echo "crontab $*" >> '${at('calls')}'
case $1 in
-l) if [ -e '${at('crontab.txt')}' ]; then cat '${at('crontab.txt')}'; else echo "no crontab for you" >&2; exit 1; fi ;;
-r) rm '${at('crontab.txt')}' ;;
-) cat > '${at('crontab.txt')}' ;;
esac
`,
  );
  const fake: FakeSystemd = {
    directory,
    calls() {
      const text = existsSync(at('calls')) ? readFileSync(at('calls'), 'utf8') : '';
      rmSync(at('calls'), { force: true });
      return text.split('\n').filter((line) => line !== '');
    },
    answer: (question, text) => writeFileSync(at(`answer-${question}`), `${text}\n`),
    fail: (verb) => writeFileSync(at(`fail-${verb}`), ''),
    crontab: () => (existsSync(at('crontab.txt')) ? readFileSync(at('crontab.txt'), 'utf8') : ''),
    setCrontab: (text) => writeFileSync(at('crontab.txt'), text),
  };
  fake.answer('is-system-running', 'running');
  fake.answer('is-enabled', 'enabled');
  fake.answer('is-active', 'active');
  return fake;
}
