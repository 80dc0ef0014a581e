/**
 * `doctor`: looks at everything that its checks know, changes nothing, and tells what it found; with `fix` it then
 * carries the repairs out and looks again, so that what is called fixed is.
 */

import { listClients } from '../../clients/discovery.ts';
import { readHeldLocks } from '../../clients/held-locks.ts';
import { whyClientSick } from '../../clients/home/reachable.ts';
import { type ClientLayout, clientLayout, nameOf, type ProfileLayout } from '../../clients/layout.ts';
import { parseClientId } from '../../clients/names.ts';
import type { Program } from '../../clients/scripts.ts';
import { readSettings, settingsFile } from '../../clients/settings.ts';
import { checkConfiguration } from '../../doctor/checks/configuration.ts';
import { checkFuse } from '../../doctor/checks/fuse.ts';
import { checkHistory } from '../../doctor/checks/history.ts';
import { checkLocks } from '../../doctor/checks/locks.ts';
import { checkPasswordFile, checkPasswordFiles, checkSchedules } from '../../doctor/checks/loose-secrets.ts';
import { checkMount } from '../../doctor/checks/mounts.ts';
import { checkPermissions, checkRoot } from '../../doctor/checks/permissions.ts';
import { checkRemote } from '../../doctor/checks/remote.ts';
import { checkOrphans } from '../../doctor/checks/schedules/orphans.ts';
import { checkSchedule } from '../../doctor/checks/schedules/schedule.ts';
import { checkDanglingLinks, checkScripts } from '../../doctor/checks/scripts.ts';
import { checkSpace, checkTemporarySpace } from '../../doctor/checks/space.ts';
import { checkStores } from '../../doctor/checks/stores.ts';
import { checkSession } from '../../doctor/checks/tenants/session.ts';
import { checkSwap } from '../../doctor/checks/tenants/swap.ts';
import { checkTools } from '../../doctor/checks/tools.ts';
import { checkVault } from '../../doctor/checks/vaults.ts';
import { checkHooks, checkLog } from '../../doctor/checks/watching.ts';
import {
  type ClientCase,
  type Examination,
  isDiagnosis,
  type ProfileCase,
} from '../../doctor/examination.ts';
import {
  amountOf,
  type Diagnosis,
  describeFindings,
  type Finding,
  machine,
  mendOf,
  toFinding,
} from '../../doctor/finding.ts';
import { isTenant } from '../../sessions/on-disk.ts';
import { CryptosyncError, toCryptosyncError } from '../../system/errors.ts';
import { isDirectory } from '../../system/files.ts';
import { logPath } from '../../system/log.ts';
import type { Context } from '../context.ts';
import { forEachProfile, type Selection, selectProfiles } from '../targets.ts';
import { openCase } from './open-case.ts';
import { type Fixed, repairAll, type SecondLook } from './repairs.ts';

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
  /** Warnings count as errors. */
  readonly strict: boolean;
}

export interface DoctorResult {
  /** What is not in order; after a fix what still is not. */
  readonly findings: readonly Finding[];
  readonly fixed: readonly Fixed[];
  /** What was looked at and is in order. */
  readonly passed: readonly Pick<Finding, 'id' | 'subject' | 'what' | 'why'>[];
  /** VERIFY_FAILED where something is wrong. */
  readonly error?: CryptosyncError;
}

/** Clients looked at at the same time; most of the time goes into waiting for remotes. */
const atOnce = 4;

/** @throws INVALID_CLIENT_ID, USAGE, CLIENT_NOT_FOUND, CONFIG_INVALID, INTERRUPTED */
export async function examine(context: Context, request: DoctorRequest): Promise<DoctorResult> {
  const first = await diagnose(context, request, request.checkRemote);
  if (!request.fix) return toResult(first, [], request.strict);
  const inputs = {
    ...request,
    tried: new Set<string>(),
    lookAgainAt: (client: string) => lookAgainAt(context, request, client),
  };
  const fixed: Fixed[] = [];
  let found = first;
  // what others could get at is not looked into before that is mended
  for (;;) {
    const done = await repairAll(context, inputs, found);
    if (done.length === 0) break;
    fixed.push(...done);
    // the remotes were asked a moment ago, and no repair changes them
    found = [...(await diagnose(context, request, false)), ...first.filter(isOfRemote)];
  }
  return toResult(found, fixed, request.strict);
}

function toResult(diagnoses: readonly Diagnosis[], fixed: readonly Fixed[], strict: boolean): DoctorResult {
  const findings = diagnoses.filter(({ severity }) => severity !== 'ok').map(toFinding);
  const wrong = amountOf(findings, 'error') + (strict ? amountOf(findings, 'warning') : 0);
  const what = `the doctor found ${describeFindings(findings)}`;
  const error = new CryptosyncError('VERIFY_FAILED', what, { advice: { to: 'see-findings' } });
  return {
    findings,
    fixed,
    passed: diagnoses
      .filter(({ severity }) => severity === 'ok')
      .map(({ id, subject, what, why }) => ({ id, subject, what, why })),
    ...(wrong === 0 ? {} : { error }),
  };
}

/** What the remote's check finds; whether rclone.conf has the remote at all is another's. */
const remoteIds = /^(remote(?!-missing)|marker|clock)/;

function isOfRemote({ id }: Diagnosis): boolean {
  return remoteIds.test(id);
}

async function diagnose(context: Context, request: DoctorRequest, askRemotes: boolean): Promise<Diagnosis[]> {
  const examination = examinationOf(context, request, askRemotes);
  const { clients, profiles } = select(context, request);
  const opened = await openCases(profiles);
  const cases = casesIn(opened);
  const ofMachine = await checkMachine(examination, cases, request.logFile);
  const ofTenants = clients.some((client) => isTenant(client)) ? checkSwap() : [];
  return [...ofMachine, ...ofTenants, ...(await diagnoseClients(examination, clients, opened))];
}

function examinationOf(context: Context, request: DoctorRequest, checkRemote: boolean): Examination {
  return { ...request, context, checkRemote, heldLocks: readHeldLocks() };
}

/** One client looked at again, for a repair: what belongs to the machine and what a remote says changes nothing. */
async function lookAgainAt(context: Context, request: DoctorRequest, client: string): Promise<SecondLook> {
  const { clients, profiles } = select(context, request);
  const opened = await openCases(profiles.filter((layout) => layout.client === client));
  const examination = examinationOf(context, request, false);
  const own = clients.filter((layout) => layout.client === client);
  return { cases: casesIn(opened), diagnoses: await diagnoseClients(examination, own, opened) };
}

async function openCases(profiles: readonly ProfileLayout[]): Promise<(ProfileCase | Diagnosis)[]> {
  const opened: (ProfileCase | Diagnosis)[] = [];
  for (const layout of profiles) opened.push(await openCase(layout));
  return opened;
}

function casesIn(opened: readonly (ProfileCase | Diagnosis)[]): ProfileCase[] {
  return opened.filter((one): one is ProfileCase => !isDiagnosis(one));
}

async function diagnoseClients(
  examination: Examination,
  clients: readonly ClientLayout[],
  opened: readonly (ProfileCase | Diagnosis)[],
): Promise<Diagnosis[]> {
  const cases = casesIn(opened);
  const { signal } = examination.context;
  const ofClients = clients.flatMap((layout) =>
    checkClient(examination, {
      layout,
      profiles: cases.filter((one) => one.layout.client === layout.client),
    }),
  );
  const results = await forEachProfile(
    cases.map(({ layout }) => layout),
    signal,
    async (layout) => {
      const one = cases.find((candidate) => candidate.layout === layout);
      return one === undefined ? [] : await checkProfile(examination, one);
    },
    atOnce,
  );
  signal?.throwIfAborted();
  return [
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
    .filter((layout) => whyClientSick(layout) !== undefined || isDirectory(layout.toolDirectory));
  if (present.length === 0 && !isNamed) return { clients: [], profiles: [] };
  return { clients: present, profiles: selectProfiles(context, { ...selection, allProfiles, former: true }) };
}

async function checkMachine(
  examination: Examination,
  cases: readonly ProfileCase[],
  logFile: string | undefined,
): Promise<Diagnosis[]> {
  const { environment, userId } = examination.context;
  const { logFile: configured, log, hooks } = readSettings(settingsFile(environment, userId));
  const isJournal = log === 'journal' && logFile === undefined;
  return [
    ...(await checkTools(examination, cases)),
    ...checkFuse(examination, cases),
    ...checkRoot(examination),
    ...checkTemporarySpace(examination),
    ...(isJournal ? [] : checkLog(logPath(environment, userId, logFile ?? configured))),
    ...(await checkSchedules(examination)),
    ...checkOrphans(examination),
    ...checkHooks(machine, hooks),
  ];
}

function checkClient(examination: Examination, client: ClientCase): Diagnosis[] {
  // told once, by its profile
  if (whyClientSick(client.layout) !== undefined) return [];
  const checks = [
    checkPermissions,
    checkConfiguration,
    checkDanglingLinks,
    checkLocks,
    checkPasswordFiles,
    checkSession,
  ];
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
    ...checkStores(examination, one),
    ...checkVault(examination, one),
    ...(await checkMount(examination, one)),
    ...checkScripts(examination, one),
    ...checkPasswordFile(examination, one),
    ...checkHooks(one.name, one.profile.hooks),
    ...checkSpace(examination, one),
    ...checkHistory(examination, one),
    ...(await checkSchedule(examination, one)),
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
    mend: error === undefined ? null : mendOf(error),
  };
}
