/** What the log and the ledger keep of a sync: each outcome with the place that it was about. */
import type { Place } from '../../runs/place.ts';
import type { Beginning, Ending } from '../../runs/recorded.ts';
import type { Held, SyncResult } from '../../sync/result.ts';
import type { CryptosyncError } from '../../system/errors.ts';

/** One mapping's result, and its place; none when it did not come so far. */
export interface Attempt {
  readonly place: Place | undefined;
  readonly result: SyncResult;
}

/** What a run sets out for. */
export function describeIntent(places: readonly Place[]): Pick<Beginning, 'intent' | 'facts'> {
  if (places.length === 0) return {};
  return { intent: places.map(inWords).join('; '), facts: { places } };
}

/** `upload to r:path`. */
function inWords({ source, direction, remote }: Place): string {
  const here = source ?? 'the vault';
  if (direction === 'bidirectional') return `${direction} between ${here} and ${remote}`;
  const from = direction === 'download' ? 'from' : 'to';
  return source == null ? `${direction} ${from} ${remote}` : `${direction} ${from} ${remote} (${source})`;
}

/** From the worst to the best: a run is as good as its worst mapping. */
const ranking: readonly SyncResult['outcome'][] = ['failed', 'refused', 'synced', 'unchanged', 'planned'];

/** Several mappings: the worst of them on top, all of them in `places`. */
export function describeSync(attempts: readonly Attempt[]): Ending {
  const results = attempts.map(({ result }) => result);
  const worst = [...results].sort((a, b) => ranking.indexOf(a.outcome) - ranking.indexOf(b.outcome))[0];
  const total = (pick: (result: SyncResult) => number): number =>
    results.reduce((sum, result) => sum + pick(result), 0);
  const error: CryptosyncError | undefined = worst?.error;
  const places = attempts.flatMap(({ place, result }) =>
    place === undefined ? [] : [{ ...place, ...keptOf(result) }],
  );
  return {
    outcome: worst === undefined ? 'unchanged' : outcomeOf(worst),
    did: attempts.map(didInWords).join('; ') || undefined,
    facts: {
      remote: worst?.remote,
      direction: worst?.direction,
      mode: worst?.mode,
      filesTransferred: total(({ filesTransferred }) => filesTransferred),
      bytesTransferred: total(({ bytesTransferred }) => bytesTransferred),
      deleted: total(({ deleted }) => deleted),
      consistent: results.every(({ consistent }) => consistent !== false),
      generation: worst?.generation,
      durationMs: total(({ durationMs }) => durationMs),
      ...heldBy(results),
      ...(places.length > 0 && { places }),
    },
    error,
  };
}

/** All of it, where each mapping tells. */
function heldBy(results: readonly SyncResult[]): Readonly<Record<string, number>> {
  const all = results.flatMap(({ held }) => (held === undefined ? [] : [held]));
  if (all.length === 0 || all.length < results.length) return {};
  const total = (pick: (held: Held) => number): number => all.reduce((sum, held) => sum + pick(held), 0);
  return { heldFiles: total(({ files }) => files), heldBytes: total(({ bytes }) => bytes) };
}

function outcomeOf({ outcome, error }: SyncResult): string {
  return error?.code === 'INTERRUPTED' ? 'interrupted' : outcome;
}

function keptOf(result: SyncResult): Readonly<Record<string, unknown>> {
  const { mode, filesTransferred, bytesTransferred, deleted, consistent, generation, durationMs, error } =
    result;
  return {
    outcome: outcomeOf(result),
    mode,
    filesTransferred,
    bytesTransferred,
    deleted,
    consistent,
    generation,
    durationMs,
    ...(error === undefined ? {} : { error: error.code }),
  };
}

function didInWords({ place, result }: Attempt): string {
  const where = place === undefined ? 'nothing' : inWords(place);
  if (result.error !== undefined) return where;
  const { outcome, filesTransferred, bytesTransferred, deleted, generation, consistent } = result;
  const counts = `${filesTransferred} files, ${bytesTransferred} bytes, ${deleted} deleted`;
  const state = generation === null ? '' : `, generation ${generation}`;
  return `${where}: ${outcome === 'unchanged' ? 'nothing to do, ' : ''}${counts}${state}${consistent === false ? ', not consistent' : ''}`;
}
