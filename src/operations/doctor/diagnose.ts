/**
 * `doctor`: looks at everything that its checks know, changes nothing, and tells what it found; with `fix` it then
 * carries the repairs out and looks again, so that what is called fixed is.
 */

import { listClients } from '../../clients/discovery.ts';
import { type ClientLayout, clientLayout, type ProfileLayout } from '../../clients/layout.ts';
import { parseClientId } from '../../clients/names.ts';
import type { Program } from '../../clients/scripts.ts';
import { readSettings, settingsFile } from '../../clients/settings.ts';
import { type CryptosyncError, toCryptosyncError } from '../../system/errors.ts';
import { isDirectory } from '../../system/files.ts';
import { logPath } from '../../system/log.ts';
import type { Context } from '../context.ts';
import { nameOf } from '../recorded.ts';
import { forEachProfile, type Selection, selectProfiles } from '../targets.ts';
import { checkConfiguration } from './configuration.ts';
import { type ClientCase, type Examination, isDiagnosis, openCase, type ProfileCase } from './examination.ts';
import { type Diagnosis, type Finding, toFinding } from './finding.ts';
import { checkFuse } from './fuse.ts';
import { checkHistory } from './history.ts';
import { checkLocks, readHeldLocks } from './locks.ts';
import { checkLog } from './log.ts';
import { checkPasswordFile, checkPasswordFiles, checkSchedules } from './loose-secrets.ts';
import { checkMount } from './mounts.ts';
import { checkPermissions, checkRoot } from './permissions.ts';
import { checkRemote } from './remote.ts';
import { type Fixed, repairAll } from './repairs.ts';
import { checkDanglingLinks, checkScripts } from './scripts.ts';
import { checkSpace, checkTemporarySpace } from './space.ts';
import { checkTools } from './tools.ts';
import { checkVault } from './vaults.ts';

export interface DoctorRequest {
  readonly selection: Selection;
  /** Whether the operator named a client. Where nobody did and the default one is not there, the machine is left. */
  readonly isNamed: boolean;
  readonly program: Program;
  readonly checkRemote: boolean;
  /** Milliseconds after which the last successful sync is too old. */
  readonly maxAge: number;
  readonly binDirectory: string | undefined;
  /** `--log-file`. */
  readonly logFile: string | undefined;
  readonly fix: boolean;
}

export interface DoctorResult {
  /** What is not in order; after a fix what still is not. */
  readonly findings: readonly Finding[];
  readonly fixed: readonly Fixed[];
  /** What was looked at and is in order. */
  readonly passed: readonly Pick<Finding, 'id' | 'subject' | 'what' | 'why'>[];
}

/** Clients looked at at the same time; most of the time goes into waiting for remotes. */
const atOnce = 4;

/** @throws INVALID_CLIENT_ID, USAGE, CLIENT_NOT_FOUND, CONFIG_INVALID, INTERRUPTED */
export async function examine(context: Context, request: DoctorRequest): Promise<DoctorResult> {
  const first = await diagnose(context, request, request.checkRemote);
  if (!request.fix) return toResult(first, []);
  const fixed = await repairAll(context, request, first);
  // the remotes were asked a moment ago, and no repair changes them
  const again = await diagnose(context, request, false);
  return toResult([...again, ...first.filter(isOfRemote)], fixed);
}

function toResult(diagnoses: readonly Diagnosis[], fixed: readonly Fixed[]): DoctorResult {
  return {
    findings: diagnoses.filter(({ severity }) => severity !== 'ok').map(toFinding),
    fixed,
    passed: diagnoses
      .filter(({ severity }) => severity === 'ok')
      .map(({ id, subject, what, why }) => ({ id, subject, what, why })),
  };
}

/** What the remote's check finds; whether rclone.conf has the remote at all is another's. */
const remoteIds = /^(remote(?!-missing)|marker|clock)/;

function isOfRemote({ id }: Diagnosis): boolean {
  return remoteIds.test(id);
}

async function diagnose(context: Context, request: DoctorRequest, askRemotes: boolean): Promise<Diagnosis[]> {
  const examination: Examination = {
    ...request,
    context,
    checkRemote: askRemotes,
    heldLocks: readHeldLocks(),
  };
  const { clients, profiles } = select(context, request);
  const opened: (ProfileCase | Diagnosis)[] = [];
  for (const layout of profiles) opened.push(await openCase(layout));
  const cases = opened.filter((one): one is ProfileCase => !isDiagnosis(one));
  const ofMachine = await checkMachine(examination, cases, request.logFile);
  const ofClients = clients.flatMap((layout) =>
    checkClient(examination, {
      layout,
      profiles: cases.filter((one) => one.layout.client === layout.client),
    }),
  );
  const results = await forEachProfile(
    cases.map(({ layout }) => layout),
    context.signal,
    async (layout) => {
      const one = cases.find((candidate) => candidate.layout === layout);
      return one === undefined ? [] : await checkProfile(examination, one);
    },
    atOnce,
  );
  context.signal?.throwIfAborted();
  return [
    ...ofMachine,
    ...ofClients,
    ...opened.filter(isDiagnosis),
    ...results.flatMap(({ layout, result, error }) => result ?? [failed(nameOf(layout), error)]),
  ];
}

function select(
  context: Context,
  { selection, isNamed }: DoctorRequest,
): { clients: ClientLayout[]; profiles: ProfileLayout[] } {
  const allProfiles = selection.profiles.length === 0;
  const clients = selection.all
    ? listClients(context.root)
    : [...new Set(selection.clients)].map((text) => parseClientId(text));
  const present = clients
    .map((client) => clientLayout(context.root, client))
    .filter(({ toolDirectory }) => isDirectory(toolDirectory));
  if (present.length === 0 && !isNamed) return { clients: [], profiles: [] };
  return { clients: present, profiles: selectProfiles(context, { ...selection, allProfiles, former: true }) };
}

async function checkMachine(
  examination: Examination,
  cases: readonly ProfileCase[],
  logFile: string | undefined,
): Promise<Diagnosis[]> {
  const { environment, userId } = examination.context;
  const { logFile: configured } = readSettings(settingsFile(environment, userId));
  return [
    ...(await checkTools(examination, cases)),
    ...checkFuse(examination, cases),
    ...checkRoot(examination),
    ...checkTemporarySpace(examination),
    ...checkLog(logPath(environment, userId, logFile ?? configured)),
    ...(await checkSchedules(examination)),
  ];
}

function checkClient(examination: Examination, client: ClientCase): Diagnosis[] {
  const checks = [checkPermissions, checkConfiguration, checkDanglingLinks, checkLocks, checkPasswordFiles];
  return checks.flatMap((check) => {
    try {
      return check(examination, client);
    } catch (thrown) {
      return [failed(client.layout.client, toCryptosyncError(thrown))];
    }
  });
}

async function checkProfile(examination: Examination, one: ProfileCase): Promise<Diagnosis[]> {
  const found = [
    ...checkVault(examination, one),
    ...(await checkMount(examination, one)),
    ...checkScripts(examination, one),
    ...checkPasswordFile(examination, one),
    ...checkSpace(examination, one),
    ...checkHistory(examination, one),
    ...(await checkRemote(examination, one)),
  ];
  return found;
}

/** A check that could not be made is a finding of its own. */
function failed(subject: string, error: CryptosyncError | undefined): Diagnosis {
  return {
    id: 'check-failed',
    severity: 'error',
    subject,
    what: error?.message ?? 'it could not be looked at',
    why: 'What else is wrong with it could not be told.',
    mend: error?.hint ?? null,
  };
}
