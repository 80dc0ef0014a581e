/** Making a context out of choices, for every face: what is not chosen is as the command line has it. */
import { resolve } from 'node:path';
import { defaultRoot } from '../clients/layout.ts';
import { readSettings, type Settings, settingsFile } from '../clients/settings.ts';
import type { Warn } from '../system/advice/index.ts';
import { type Clock, systemClock } from '../system/clock.ts';
import type { Log } from '../system/log.ts';
import { type LogKind, openLog } from '../system/logs/choose.ts';
import { roles, verifyReachable } from '../system/stores/stores.ts';
import type { Context } from './context.ts';
import { metricsObserver } from './metrics/observer.ts';

export interface ContextChoices {
  /** What calls: it stands in summary.json as the version that wrote it. */
  readonly version: string;
  /** The directory of all clients; CRYPTOSYNC_ROOT, the settings' or /opt/agency_stack/clients when left out. */
  readonly root?: string | undefined;
  /** Default: this process's. */
  readonly environment?: NodeJS.ProcessEnv | undefined;
  /** Whose rights the operations act with. Default: this process's user. */
  readonly userId?: number | undefined;
  /** Default: read from the settings file of the user. */
  readonly settings?: Settings | undefined;
  readonly clock?: Clock | undefined;
  /** Default: a file, see `logFile`. `silentLog` writes nothing. */
  readonly log?: Log | undefined;
  /** Default: the settings', else a file. */
  readonly logKind?: LogKind | undefined;
  /** Default: CRYPTOSYNC_LOG, the settings' or the user's. */
  readonly logFile?: string | undefined;
  /** Ends what is going on, with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Told what an operator should know although it worked. Default: `process.emitWarning`. */
  readonly warn?: Warn | undefined;
}

/** @throws CONFIG_INVALID for a settings file that can't be read; VAULT_MISSING when the root's file system is dead */
export function makeContext(choices: ContextChoices): Context {
  const {
    version,
    environment = process.env,
    userId = process.getuid?.() ?? 0,
    clock = systemClock,
    signal,
    warn = (message) => process.emitWarning(message, 'CryptosyncWarning'),
  } = choices;
  const settings = choices.settings ?? readSettings(settingsFile(environment, userId));
  const kind = choices.logKind ?? (choices.logFile === undefined ? settings.log : 'file');
  const file = choices.logFile ?? settings.logFile;
  const ownLog = (): Log => openLog({ environment, userId, clock, kind, file }, warn);
  const root = resolve(choices.root ?? (environment['CRYPTOSYNC_ROOT'] || settings.root) ?? defaultRoot);
  verifyReachable(root, roles.root);
  const { metricsFile } = settings;
  const further = metricsFile === undefined ? [] : [metricsObserver(metricsFile, () => context)];
  const context: Context = {
    root,
    environment,
    userId,
    clock,
    log: choices.log ?? ownLog(),
    signal,
    version,
    warn,
    metricsFile,
    watching: { config: settings, root, version, environment, signal, further },
  };
  return context;
}
