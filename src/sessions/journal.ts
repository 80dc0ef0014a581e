/**
 * What outlives a server that is killed: that a tenant was claimed, for what, and what of it had been sent. It holds no
 * secret. While nobody holds the tenant's lock, one that lies there tells of a session that was interrupted.
 */
import { unlinkSync } from 'node:fs';
import * as v from 'valibot';
import { type ClientLayout, directoryMode, fileMode, sessionJournal } from '../clients/layout.ts';
import { ensureDirectory, isAbsence, readTextIfPresent, writeFileAtomic } from '../system/files.ts';
import { parseStoredJson } from '../system/paths/stored-json.ts';

const mappingSchema = v.strictObject({
  path: v.string(),
  /** The generation that was last sent or fetched; null before there is one. */
  generation: v.nullable(v.number()),
  /** ISO 8601: what was changed later is not known to be on the sink. Null when nothing was sent yet. */
  sentAt: v.nullable(v.string()),
});

const journalSchema = v.strictObject({
  version: v.literal(1),
  tenantId: v.string(),
  workloadId: v.string(),
  claimedAt: v.string(),
  encrypted: v.boolean(),
  /** All was sent, and the files here are being taken away: what is missing of them was not deleted by the tenant. */
  vacating: v.optional(v.boolean()),
  mappings: v.array(mappingSchema),
});

export type Journal = v.InferOutput<typeof journalSchema>;
export type JournalMapping = Journal['mappings'][number];

export function writeJournal(layout: ClientLayout, journal: Journal): void {
  ensureDirectory(layout.sessionStateDirectory, directoryMode, layout.directory);
  writeFileAtomic(sessionJournal(layout), `${JSON.stringify(journal)}\n`, fileMode, layout.directory);
}

/** @returns undefined when there is none; one that can't be read tells nothing more than that there was a session */
export function readJournal(layout: ClientLayout): Journal | 'unreadable' | undefined {
  const text = readTextIfPresent(sessionJournal(layout));
  if (text === undefined) return undefined;
  try {
    const result = v.safeParse(journalSchema, parseStoredJson(text));
    return result.success ? result.output : 'unreadable';
  } catch {
    return 'unreadable';
  }
}

export function removeJournal(layout: ClientLayout): void {
  try {
    unlinkSync(sessionJournal(layout));
  } catch (error) {
    if (!isAbsence(error)) throw error;
  }
}
