/** Checking what a profile's places hold: one result a mapping, whatever becomes of one of them. */

import { verifyClientReachable } from '../../clients/home/reachable.ts';
import { checkFiles } from '../../clients/layout.ts';
import { isMissing, readProfile } from '../../clients/profile-store.ts';
import { markerPath } from '../../remotes/control/state.ts';
import type { Place } from '../../runs/place.ts';
import { type Ending, recorded } from '../../runs/recorded.ts';
import type { Secret } from '../../secrets/secret.ts';
import { type Chosen, choose } from '../../sync/generations/choice.ts';
import { type Past, type Present, readPastOf, readPresent } from '../../sync/generations/history.ts';
import { openRecord, type RecordHead } from '../../sync/tree/record.ts';
import { beginList, type EarlyList } from '../../sync/verify/early-list.ts';
import type { Finding, Findings } from '../../sync/verify/findings.ts';
import { verifyGeneration } from '../../sync/verify/verify.ts';
import { CryptosyncError, toCryptosyncError } from '../../system/errors.ts';
import { shownPath } from '../../system/names.ts';
import { stateOfVault } from '../../vaults/mounting.ts';
import { plainNamesOf } from '../../vaults/mounts/plain-names.ts';
import type { Context } from '../context.ts';
import { type Look, lookAtMappings } from '../generations/look.ts';
import { placeOfMapping } from '../places.ts';
import type { Mapping } from '../sync/mapping.ts';
import { drill } from './drill.ts';
import { writeLastCheck } from './last-check.ts';
import { repair } from './repair.ts';
import type { How, NamedDamage, VerifyRequest, VerifyResult } from './request.ts';

interface Checked {
  readonly place: Place | undefined;
  readonly result: VerifyResult;
}

/** @throws what is wrong with the profile, the password or key, INTERRUPTED; a place that can't be asked is a result */
export async function verifyProfile(context: Context, request: VerifyRequest): Promise<VerifyResult[]> {
  const { layout } = request;
  // what is not there has no ledger either
  if (isMissing(layout)) readProfile(layout);
  const facts = { how: howOf(request) };
  const prepare = (): void => verifyClientReachable(layout);
  const checked = await recorded(
    context,
    { layout, operation: 'verify', facts, prepare },
    () => verifyAfterAsking(context, request),
    describe,
  );
  return checked.map(({ result }) => result);
}

async function verifyAfterAsking(context: Context, request: VerifyRequest): Promise<Checked[]> {
  const { layout, around = (work) => work() } = request;
  const profile = readProfile(layout);
  const isVault = (profile.mappings ?? [{}]).some(({ source }) => source === undefined);
  const password = request.drill && isVault ? await request.password(layout, profile) : undefined;
  try {
    return await around(() => verifyAll(context, request, password));
  } finally {
    password?.wipe();
  }
}

async function verifyAll(
  context: Context,
  request: VerifyRequest,
  password: Secret | undefined,
): Promise<Checked[]> {
  let looked = false;
  try {
    return await lookAtMappings(context, request, async (look) => {
      looked = true;
      const place = placeOfMapping(look.mapping);
      const result = await verifyMapping(context, request, look, password);
      writeLastCheck(checkFiles(look.job.recordFile).last, context.clock.now(), result);
      return { place, result };
    });
  } catch (thrown) {
    const error = toCryptosyncError(thrown);
    // a place that can't be opened at all is a place that could not be checked
    if (looked || !isOfPlace(error)) throw error;
    return [{ place: undefined, result: unchecked(nothingKnown(request), error) }];
  }
}

function isOfPlace({ exit, code }: CryptosyncError): boolean {
  return exit === 14 || code === 'REMOTE_EMPTY';
}

function howOf({ depth, drill }: Pick<VerifyRequest, 'depth' | 'drill'>): How {
  return drill ? 'drill' : depth.kind;
}

function nothingKnown(request: VerifyRequest): VerifyResult {
  return {
    ...{ source: null, remote: null, generation: null, id: null, at: null, seal: null },
    ...{ how: howOf(request), outcome: 'unchecked', files: 0, filesRead: 0, bytesRead: 0 },
    ...{ damaged: [], unchecked: [], durationMs: 0 },
  };
}

async function verifyMapping(
  context: Context,
  request: VerifyRequest,
  look: Look,
  password: Secret | undefined,
): Promise<VerifyResult> {
  const { mapping, job, place } = look;
  const begin = context.clock.now().getTime();
  const took = (): number => context.clock.now().getTime() - begin;
  const { remote } = placeOfMapping(mapping);
  let base: VerifyResult = { ...nothingKnown(request), source: mapping.configuredSource ?? null, remote };
  let list: EarlyList | undefined;
  // the list waits for them
  place.features().catch(() => {});
  try {
    const present = await presentOf(look);
    if (request.generation === undefined && present.begun === undefined) list = beginList(place);
    const past = await readPastOf(place, present, context.signal);
    const { id, at, generation } = past.marker;
    base = { ...base, generation, id, at };
    const chosen = await choose(place, past, request, job.sealKey);
    const { head, seal } = chosen;
    base = { ...base, generation: head.generation, id: head.id, at: head.at, seal };
    return await judged(context, request, look, { base, past, chosen, list, password, took });
  } catch (thrown) {
    const error = toCryptosyncError(thrown);
    if (error.code === 'INTERRUPTED' || error.exit === 12) throw error;
    if (error.code !== 'VERIFY_FAILED') return unchecked({ ...base, durationMs: took() }, error);
    const finding = findingIn(error);
    if (request.repair && finding.damage === 'manifest') {
      const repaired = await repair(context, request, look, { id: undefined, findings: [finding] });
      if (repaired.length > 0) {
        const after = await verifyMapping(context, { ...request, repair: false }, look, password);
        return { ...after, damaged: [...name(repaired, new Map(), repaired), ...after.damaged] };
      }
    }
    return damagedResult(
      { ...base, durationMs: took() },
      name([finding], new Map(), []),
      request.repair,
      error,
    );
  } finally {
    await list?.drop();
  }
}

/** A place that has less than this machine has seen there is not as it was sent. @throws VERIFY_FAILED */
async function presentOf({ job, place }: Look): Promise<Present> {
  const known = openRecord(job.recordFile)?.head;
  try {
    const present = await readPresent(place);
    const { generation, at } = present.marker;
    if (present.told !== 'whole')
      throw new CryptosyncError(
        'VERIFY_FAILED',
        `the marker in ${place.name} is ${present.told}: generation ${generation} of ${at} is what is known there, and there may have been later ones`,
        { advice: { to: 'sync-for-marker' }, details: { damaged: [markerPath] } },
      );
    if (known === undefined || generation >= known.generation) return present;
    throw setBack(`${place.name} is at generation ${generation} of ${at}`, known);
  } catch (thrown) {
    const error = toCryptosyncError(thrown);
    if (error.code !== 'REMOTE_EMPTY' || known === undefined || known.generation === 0) throw error;
    throw setBack(`there is nothing of ours in ${place.name}`, known);
  }
}

function setBack(what: string, { generation, at }: RecordHead): CryptosyncError {
  return new CryptosyncError(
    'VERIFY_FAILED',
    `${what}, although generation ${generation} was committed there at ${at}: it was set back or wiped, or its disk is not mounted`,
    { advice: { to: 'send-or-take-older' }, details: { damaged: [markerPath] } },
  );
}

/** What a failure of the whole check is about. */
function findingIn({ details, message }: CryptosyncError): Finding {
  const { manifest, path, damaged } = (details ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof path === 'string') return { object: path, damage: 'content' };
  const found = manifest ?? (Array.isArray(damaged) ? damaged[0] : undefined);
  return { object: typeof found === 'string' ? found : message, damage: 'manifest' };
}

interface Judging {
  readonly base: VerifyResult;
  readonly past: Past;
  readonly chosen: Chosen;
  readonly list: EarlyList | undefined;
  readonly password: Secret | undefined;
  readonly took: () => number;
}

async function judged(
  context: Context,
  request: VerifyRequest,
  look: Look,
  { base, past, chosen, list, password, took }: Judging,
): Promise<VerifyResult> {
  const { job, place, mapping } = look;
  const journalFile = checkFiles(job.recordFile).journal;
  const { depth } = request;
  const found = await verifyGeneration(context, { place, past, chosen, list, job, depth, journalFile });
  const plain = await plaintextOf(mapping, found.damaged);
  const repaired =
    request.repair && chosen.isCurrent && found.damaged.length > 0
      ? await repair(context, request, look, { id: past.marker.id, findings: found.damaged })
      : [];
  const damaged = name(found.damaged, plain, repaired);
  const counted = { ...base, ...counts(found), durationMs: took() };
  if (damaged.some((one) => one.repaired !== true)) return damagedResult(counted, damaged, request.repair);
  if (!request.drill) return sound({ ...counted, damaged });
  const { seal, unreadable, ...drilled } = await drill(context, request, look, { past, chosen, password });
  const after = { ...counted, seal, drill: drilled, durationMs: took() };
  if (unreadable.length === 0) return sound({ ...after, damaged });
  const lost = unreadable.map((path): NamedDamage => ({ path: shownPath(path), damage: 'unreadable' }));
  return damagedResult(after, [...damaged, ...lost], request.repair);
}

function counts({ files, filesRead, bytesRead, unchecked: left }: Findings): Partial<VerifyResult> {
  return {
    ...{ files, filesRead, bytesRead },
    unchecked: left.map(({ object, why }) => ({ path: shownPath(object), why })),
  };
}

/** Names in the clear; a mount that does not answer tells none, and is no reason to keep what was found. */
async function plaintextOf(
  { source, vault }: Mapping,
  findings: readonly Finding[],
): Promise<Map<string, string>> {
  if (source.kind !== 'vault' || findings.length === 0) return new Map();
  try {
    if ((await stateOfVault(vault)).kind !== 'mounted') return new Map();
    return await plainNamesOf(
      vault,
      findings.slice(0, mostNamed).flatMap(({ entry }) => (entry === undefined ? [] : [entry.path])),
    );
  } catch {
    return new Map();
  }
}

/** Damages whose names in the clear are looked for. */
const mostNamed = 200;

function name(
  findings: readonly Finding[],
  plain: ReadonlyMap<string, string>,
  repaired: readonly Finding[],
): NamedDamage[] {
  return findings.map((finding) => {
    const { object, damage, entry } = finding;
    const plaintext = entry === undefined ? undefined : plain.get(entry.path);
    return {
      path: shownPath(object),
      damage,
      ...(plaintext !== undefined && { plaintext: shownPath(plaintext) }),
      ...(repaired.includes(finding) && { repaired: true as const }),
    };
  });
}

/** @param isMended what is sound here was sent again already */
function damagedResult(
  base: VerifyResult,
  damaged: readonly NamedDamage[],
  isMended: boolean,
  cause?: CryptosyncError,
): VerifyResult {
  const left = damaged.filter(({ repaired }) => repaired !== true);
  if (left.length === 0) return { ...base, outcome: 'verified', damaged };
  const first = left.slice(0, 3).map(({ path, plaintext, damage }) => `${plaintext ?? path} (${damage})`);
  const more = left.length > first.length ? `, and ${left.length - first.length} more` : '';
  const amount = left.length === 1 ? '1 file is' : `${left.length} files are`;
  const message = cause?.message ?? `${amount} damaged in ${base.remote}: ${first.join(', ')}${more}`;
  // nothing that is sent again makes up for a place that was set back, or for its marker
  const own = left.some(({ path }) => path === markerPath) ? cause?.advice : undefined;
  const error = new CryptosyncError('VERIFY_FAILED', message, {
    advice: own ?? { to: isMended ? 'replace-unrepaired' : 'repair-remote' },
    details: { damaged: left.slice(0, 100) },
    cause,
  });
  return { ...base, outcome: 'damaged', damaged, error };
}

/** What is not damaged is whole only when all of it could be looked at. */
function sound(base: VerifyResult): VerifyResult {
  const { unchecked: left } = base;
  if (left.length === 0) return { ...base, outcome: 'verified' };
  const [first] = left;
  const error = new CryptosyncError(
    'NOT_VERIFIED',
    `${left.length} files in ${base.remote} could not be checked: ${first?.path} (${first?.why})`,
    { details: { unchecked: left.slice(0, 100) } },
  );
  return { ...base, outcome: 'unchecked', error };
}

function unchecked(base: VerifyResult, error: CryptosyncError): VerifyResult {
  return { ...base, outcome: 'unchecked', error };
}

const ranking: readonly VerifyResult['outcome'][] = ['damaged', 'unchecked', 'verified'];

function describe(checked: readonly Checked[]): Ending {
  const worst = [...checked].sort(
    (a, b) => ranking.indexOf(a.result.outcome) - ranking.indexOf(b.result.outcome),
  )[0];
  const places = checked.flatMap(({ place, result }) => {
    const { how, outcome, generation, id, files, filesRead, bytesRead, damaged, error } = result;
    const kept = { how, outcome, generation, id, files, filesRead, bytesRead };
    return place === undefined
      ? []
      : [
          {
            ...place,
            ...kept,
            damaged: damaged.length,
            unchecked: result.unchecked.length,
            ...(error && { error: error.code }),
          },
        ];
  });
  return {
    outcome: worst?.result.outcome ?? 'unchecked',
    did: checked
      .map(({ result }) => `${result.remote}, generation ${result.generation}: ${result.how}`)
      .join('; '),
    facts: places.length > 0 ? { places } : {},
    error: worst?.result.error,
  };
}
