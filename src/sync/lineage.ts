/**
 * Whether a place is where this machine left it. Each generation has a number, a random id and the id that it came
 * from; the record names the one that this machine was at. A place that went on without it is ahead; one that was set
 * back, wiped, or is of another line is behind.
 */
import { isSealed, sealed } from '../remotes/control/seal.ts';
import { type AnyMarker, type Committed, identityOf, type PlaceState } from '../remotes/control/state.ts';
import { placeOf } from '../remotes/remote.ts';
import { toIsoSeconds } from '../system/clock.ts';
import { CryptosyncError } from '../system/errors.ts';
import { verifyRemoteIdentity } from './guard.ts';
import type { Job } from './job.ts';
import type { OpenRecord, RecordHead } from './tree/record.ts';

export interface LineageFacts {
  /** For messages. */
  readonly place: string;
  readonly state: PlaceState;
  readonly record: RecordHead | undefined;
  /** Whose data belongs here. */
  readonly identity: string;
  readonly machine: string;
  readonly sealKey: Buffer | undefined;
  /** The operator means what this machine holds, whatever lies there. */
  readonly takeOver: boolean;
}

/** From what a run goes on. */
export type Footing =
  /** Nothing was committed here yet. */
  | { readonly kind: 'first' }
  /** Exactly what the record says. */
  | { readonly kind: 'recorded'; readonly record: RecordHead }
  /** What the place itself says: this machine has no record of it, or another one. */
  | { readonly kind: 'told'; readonly marker: AnyMarker };

/** A run that did not end. */
export interface Begun {
  /** ISO 8601. */
  readonly at: string;
  /** It was this machine's. */
  readonly isOurs: boolean;
}

export interface Lineage {
  readonly footing: Footing;
  /** A run did not end here: what is really there has to be looked at. */
  readonly isUnfinished: boolean;
  /** That run, where it says of itself; of several that did not end the first. */
  readonly begun?: Begun | undefined;
  /** The last committed generation. */
  readonly marker: AnyMarker | undefined;
  /** Its file is torn or gone: what the announcement says of it is all that tells it. */
  readonly isMarkerLost?: boolean | undefined;
}

/** The lineage of a job's place as it was read, and of the record of it. @throws as `lineageOf` */
export function lineageFor(
  { mapping: { source, raw }, machine, sealKey }: Job,
  { state, record, takeOver }: { state: PlaceState; record: OpenRecord | undefined; takeOver: boolean },
): Lineage {
  return lineageOf({
    place: placeOf(raw),
    state,
    record: record?.head,
    identity: source.identity,
    machine,
    sealKey,
    takeOver,
  });
}

/** @throws VAULT_FOREIGN, VERIFY_FAILED, REMOTE_AHEAD, REMOTE_BEHIND; nothing has changed then */
export function lineageOf(facts: LineageFacts): Lineage {
  const { state, record, takeOver } = facts;
  const wasCommitted = record !== undefined && record.generation > 0;
  if (state.kind !== 'present') {
    if (wasCommitted && !takeOver) throw wiped(facts, record);
    return { footing: { kind: 'first' }, isUnfinished: state.kind === 'unreadable', marker: undefined };
  }
  verifyRemoteIdentity(
    { place: facts.place, owner: state.vaultId, isEmpty: false, hasOwnConfig: false },
    facts.identity,
  );
  verifySeal(facts);
  const { committed, begun } = state;
  const isMarkerLost = state.marker !== 'whole';
  const lost = lostMarker(facts);
  if (lost !== undefined && record !== undefined) {
    return { footing: footingOn(record, lost), isUnfinished: true, marker: lost, isMarkerLost };
  }
  if (begun !== undefined && begun.machine !== facts.machine && !takeOver)
    throw begunElsewhere(facts, begun.at);
  const isUnfinished = begun !== undefined || committed?.state === 'in-progress';
  const run = begun && { at: begun.at, isOurs: begun.machine === facts.machine };
  if (committed === undefined) {
    if (wasCommitted && !takeOver) throw wiped(facts, record);
    return { footing: { kind: 'first' }, isUnfinished: true, begun: run, marker: undefined };
  }
  const told = { isUnfinished, begun: run, marker: committed, isMarkerLost };
  if (record !== undefined && record.id === identityOf(committed))
    return { footing: footingOn(record, committed), ...told };
  if (wasCommitted && !takeOver) throw apart(facts, record, committed);
  return { footing: { kind: 'told', marker: committed }, ...told };
}

/** From a record of what was taken away here only what the place says can be gone on from. */
function footingOn(record: RecordHead, marker: AnyMarker): Footing {
  return record.isVacated === true ? { kind: 'told', marker } : { kind: 'recorded', record };
}

/**
 * The marker of a generation that this machine knows to be committed, and that was announced there last, although the
 * marker itself is torn or gone: what lies there has to be looked at, and is gone on from.
 */
function lostMarker({ state, record, sealKey }: LineageFacts): Committed | undefined {
  const begun = state.kind === 'present' ? state.begun : undefined;
  if (begun === undefined || record?.manifest === undefined || begun.id !== record.id) return undefined;
  const { vaultId, engine, machine, base } = begun;
  const { generation, id, at, manifest } = record;
  const parent = base === null ? null : identityOf(base);
  const { file, deltas } = manifest;
  const marker = {
    version: 2,
    vaultId,
    engine,
    generation,
    state: 'committed',
    at,
    id,
    parent,
    machine,
  } as const;
  return sealed({ ...marker, manifest: { file, deltas } }, sealKey);
}

function verifySeal({ place, state, record, sealKey }: LineageFacts): void {
  if (state.kind !== 'present' || sealKey === undefined) return;
  for (const document of [state.committed, state.begun]) {
    if (document === undefined || document.version !== 2) continue;
    const isRight =
      document.seal === null || document.seal === undefined
        ? record?.sealed !== true
        : isSealed(document, sealKey);
    if (isRight) continue;
    throw new CryptosyncError(
      'VERIFY_FAILED',
      `the marker in ${place} does not carry this vault's seal: it was changed or forged`,
      {
        advice: { to: 'find-who-writes' },
      },
    );
  }
}

function wiped({ place, state }: LineageFacts, record: RecordHead): CryptosyncError {
  const found = state.kind === 'absent' ? 'is empty' : 'does not say what it holds';
  return new CryptosyncError(
    'REMOTE_BEHIND',
    `${place} ${found}, although generation ${record.generation} was committed there at ${record.at}`,
    {
      advice: { to: 'mount-or-take-over' },
      details: { recorded: record.generation, found: null },
    },
  );
}

function apart({ place }: LineageFacts, record: RecordHead, committed: AnyMarker): CryptosyncError {
  const details = { recorded: record.generation, found: committed.generation };
  if (committed.generation > record.generation) {
    const who = committed.version === 2 ? ` by machine ${committed.machine.slice(0, 8)}` : '';
    return new CryptosyncError(
      'REMOTE_AHEAD',
      `${place} is at generation ${committed.generation}, written at ${committed.at}${who}, and this machine last saw ${record.generation}`,
      {
        advice: { to: 'download-or-take-over' },
        details,
      },
    );
  }
  return new CryptosyncError(
    'REMOTE_BEHIND',
    `${place} is at generation ${committed.generation} of ${committed.at}, and ${record.generation} was committed there at ${record.at}: it was set back, or is of another line`,
    {
      advice: { to: 'download-older-or-take-over' },
      details,
    },
  );
}

function begunElsewhere({ place, state }: LineageFacts, at: string): CryptosyncError {
  const machine = state.kind === 'present' ? (state.begun?.machine ?? '') : '';
  return new CryptosyncError(
    'REMOTE_AHEAD',
    `machine ${machine.slice(0, 8)} began to write to ${place} at ${toIsoSeconds(new Date(at))} and has not ended`,
    {
      advice: { to: 'let-end-or-take-over' },
      details: { machine, at },
    },
  );
}

/** A place of no record whose newest generation is not what this machine holds. */
export function unknownTo(place: string, marker: AnyMarker, different: number): CryptosyncError {
  const who = marker.version === 2 ? ` by machine ${marker.machine.slice(0, 8)}` : '';
  return new CryptosyncError(
    'REMOTE_AHEAD',
    `${place} is at generation ${marker.generation}, written at ${marker.at}${who}; this machine has no record of it, and ${different} entries differ here`,
    {
      advice: { to: 'download-or-take-over' },
      details: { found: marker.generation, different },
    },
  );
}
