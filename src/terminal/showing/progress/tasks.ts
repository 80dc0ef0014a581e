/**
 * Work that takes a while, drawn as a task list on a terminal, as plain lines elsewhere, not at all when silent.
 * What comes out is taken from the work itself, never from what was drawn.
 */
import type { Around } from '../../../operations/context.ts';
import type { TransferStats } from '../../../remotes/transfer.ts';
import type { Manner } from '../../base-command.ts';
import { formatBytes, formatSeconds } from '../style.ts';
import { progressLines } from './lines.ts';
import type { Work } from './schema.ts';

export interface Task {
  readonly title: string;
  /** Rejects when it fails. `update` shows how far it has come. */
  readonly work: (update: (progress: string) => void) => Promise<void>;
  /** What stands in the title's place when it has ended. */
  readonly titleAtEnd?: (() => string | undefined) | undefined;
}

/** Runs tasks in order and stops at the first that fails, with its error. */
export async function runTasks(tasks: readonly Task[], manner: Manner): Promise<void> {
  if (manner.isInteractive) return await drawTasks(tasks);
  for (const { title, work } of tasks) {
    await work(() => {});
    if (manner.isTalkative) process.stderr.write(`done: ${title}\n`);
  }
}

async function drawTasks(tasks: readonly Task[]): Promise<void> {
  const { Listr, ListrLogger, ProcessOutput } = await import('listr2');
  const output = new ProcessOutput(process.stderr, process.stderr);
  const list = new Listr(
    tasks.map(({ title, work, titleAtEnd }) => ({
      title,
      task: async (_context: unknown, task: { title: string | undefined }) => {
        await work((progress) => {
          task.title = `${title}  ${progress}`;
        });
        task.title = titleAtEnd?.() ?? title;
      },
    })),
    {
      exitOnError: true,
      registerSignalListeners: false,
      rendererOptions: {
        logger: new ListrLogger({ processOutput: output }),
        showErrorMessage: false,
        collapseErrors: false,
      },
    },
  );
  await list.run();
}

/** Draws one piece of work on a terminal, or tells programs of it; elsewhere the line of its result is enough. */
export function around(title: string, manner: Manner, about?: Work): Around {
  if (manner.isForPrograms && about !== undefined) return progressLines(about).around;
  return async (work) => await drawn(title, manner, () => work());
}

/**
 * The same for work that tells its progress.
 * @param titleAtEnd what stands there when it has ended with this; undefined for the title of before
 */
export async function drawn<Result>(
  title: string,
  manner: Manner,
  work: (update: (progress: string) => void) => Promise<Result>,
  titleAtEnd: (result: Result) => string | undefined = () => undefined,
): Promise<Result> {
  if (!manner.isInteractive) return await work(() => {});
  const outcome: Result[] = [];
  const task: Task = {
    title,
    work: async (update) => void outcome.push(await work(update)),
    titleAtEnd: () => titleAtEnd(outcome[0] as Result),
  };
  await drawTasks([task]);
  return outcome[0] as Result;
}

const barWidth = 24;

/** `[########----------------] 33%  1.2 GiB / 3.6 GiB  12 MiB/s  ETA 3m20s` */
export function describeProgress(stats: TransferStats): string {
  const share = stats.totalBytes === 0 ? 0 : Math.min(1, stats.bytes / stats.totalBytes);
  const filled = Math.round(share * barWidth);
  const bar = `[${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}] ${Math.floor(share * 100)}%`;
  const eta = stats.eta === undefined ? '' : `  ETA ${formatSeconds(stats.eta)}`;
  return `${bar}  ${formatBytes(stats.bytes)} / ${formatBytes(stats.totalBytes)}  ${formatBytes(stats.speed)}/s${eta}`;
}
