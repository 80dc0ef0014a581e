/**
 * The registry of several nodes, in PostgreSQL. A tenant is held by a session-level advisory lock, which dies with the
 * connection of its node; a row beside it says which node that is. What a node can't know (that it was paused, and
 * another has the tenant now) the generation tells: it commits over nobody's.
 *
 * One connection holds all locks of a node. When it is lost the node takes no more tenants, and keeps what it has; when
 * the database is back it takes its locks again, and a lease that another node has taken meanwhile is lost.
 */
import { createHash } from 'node:crypto';
import type { ClientId } from '../../clients/names.ts';
import { pause } from '../../system/clock.ts';
import { CryptosyncError } from '../../system/errors.ts';
import type { Log } from '../../system/log.ts';
import type { Lease, Owner, Registry } from '../registry.ts';
import { connectTo, type Wire } from './connection.ts';

export interface PostgresSettings {
  /** `postgres://user@host/database`, as libpq has it. */
  readonly url: string;
  /** Where the other nodes reach this one; asked for when a tenant is taken. */
  readonly address: () => string;
  readonly log: Log;
}

/** Milliseconds. */
const heartbeat = 2000;
const reconnectAfter = 1000;
/** How often, and how far apart in milliseconds, an owner is asked for who has the lock and not yet written its row. */
const lookAgain = { times: 5, after: 50 };

const makeTable = `create table if not exists cryptosync_claims (
  tenant_id text primary key, address text not null, since timestamptz not null default now())`;

/** The owner by the row, where somebody else really holds the lock; a row alone may be a dead node's. */
const findOwner = `select address, since from cryptosync_claims where tenant_id = $1 and exists (
  select from pg_locks where locktype = 'advisory' and granted and objsubid = 1 and pid <> pg_backend_pid()
    and database = (select oid from pg_database where datname = current_database())
    and (classid::bigint << 32 | objid::bigint) = $2::bigint)`;

const writeOwner = `insert into cryptosync_claims (tenant_id, address) values ($1, $2)
  on conflict (tenant_id) do update set address = excluded.address, since = now()`;

interface Held {
  readonly lost: AbortController;
}

/** @throws NOT_READY when the database can't be reached or used at the beginning */
export async function postgresRegistry(settings: PostgresSettings): Promise<Registry> {
  const registry = new PostgresRegistry(settings);
  await registry.open();
  return registry;
}

class PostgresRegistry implements Registry {
  readonly #settings: PostgresSettings;
  readonly #held = new Map<ClientId, Held>();
  readonly #end = new AbortController();
  #wire: Wire | undefined;
  #keeping: Promise<void> = Promise.resolve();

  constructor(settings: PostgresSettings) {
    this.#settings = settings;
  }

  async open(): Promise<void> {
    this.#wire = await this.#connect();
    this.#keeping = this.#keep();
  }

  isReady(): boolean {
    return this.#wire?.isUsable() === true;
  }

  async acquire(tenantId: ClientId): Promise<Lease | Owner> {
    for (let time = 0; ; time += 1) {
      if (await this.#lock(tenantId)) return this.#leaseOf(tenantId);
      const owner = await this.ownerElsewhere(tenantId);
      if (owner !== undefined) return owner;
      if (time >= lookAgain.times) return { address: 'another node', since: new Date().toISOString() };
      await pause(lookAgain.after);
    }
  }

  async ownerElsewhere(tenantId: ClientId): Promise<Owner | undefined> {
    const rows = await this.#ask<{ address: string; since: Date }>(findOwner, [tenantId, lockOf(tenantId)]);
    const [row] = rows;
    return row && { address: row.address, since: row.since.toISOString() };
  }

  async close(): Promise<void> {
    this.#end.abort();
    await this.#keeping;
    await this.#wire?.end();
  }

  #leaseOf(tenantId: ClientId): Lease {
    const lost = new AbortController();
    this.#held.set(tenantId, { lost });
    return {
      lost: lost.signal,
      release: async () => {
        this.#held.delete(tenantId);
        // a database that is away forgets the lock by itself, and the row says nothing without it
        if (lost.signal.aborted || !this.isReady()) return;
        await this.#letGo(tenantId);
      },
    };
  }

  async #letGo(tenantId: ClientId): Promise<void> {
    await this.#ask('delete from cryptosync_claims where tenant_id = $1', [tenantId]);
    await this.#ask('select pg_advisory_unlock($1)', [lockOf(tenantId)]);
  }

  /** A lock of the connection's own is taken as often as it is asked for, so the node itself looks first. */
  async #lock(tenantId: ClientId): Promise<boolean> {
    if (this.#held.has(tenantId)) {
      throw new CryptosyncError('ALREADY_CLAIMED', `the tenant ${tenantId} is claimed`);
    }
    const [row] = await this.#ask<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [
      lockOf(tenantId),
    ]);
    if (row?.locked !== true) return false;
    await this.#ask(writeOwner, [tenantId, this.#settings.address()]);
    return true;
  }

  async #ask<Row>(text: string, values: readonly string[]): Promise<Row[]> {
    if (this.#wire === undefined) throw notReady();
    return await this.#wire.ask<Row>(text, values);
  }

  async #connect(): Promise<Wire> {
    const wire = await connectTo(this.#settings.url);
    await wire.ask(makeTable, []);
    return wire;
  }

  /** Notices that the database has gone, and comes back to it. */
  async #keep(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      await Promise.race([pause(heartbeat, signal), this.#wire?.lost]);
      if (signal.aborted) return;
      if (await this.#answers()) continue;
      this.#settings.log.write('ERROR', 'the registry is lost: no tenant is claimed until it is back');
      await this.#comeBack();
    }
  }

  async #answers(): Promise<boolean> {
    try {
      await this.#ask('select 1', []);
      return true;
    } catch {
      return false;
    }
  }

  async #comeBack(): Promise<void> {
    await this.#wire?.end();
    this.#wire = undefined;
    while (!this.#end.signal.aborted) {
      try {
        const wire = await this.#connect();
        const taken = await this.#takeAgain(wire);
        this.#wire = wire;
        // what was released meanwhile is nobody's
        for (const tenantId of taken) if (!this.#held.has(tenantId)) await this.#letGo(tenantId);
        this.#settings.log.write('INFO', 'the registry is back');
        return;
      } catch {
        await pause(reconnectAfter, this.#end.signal);
      }
    }
  }

  async #takeAgain(wire: Wire): Promise<ClientId[]> {
    const taken: ClientId[] = [];
    for (const [tenantId, { lost }] of this.#held) {
      const [row] = await wire.ask<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [
        lockOf(tenantId),
      ]);
      if (row?.locked === true) {
        await wire.ask(writeOwner, [tenantId, this.#settings.address()]);
        taken.push(tenantId);
        continue;
      }
      this.#held.delete(tenantId);
      this.#settings.log.write(
        'WARN',
        `${tenantId}: another node has claimed it while the registry was away`,
      );
      lost.abort(new CryptosyncError('ALREADY_CLAIMED', `another node has claimed the tenant ${tenantId}`));
    }
    return taken;
  }
}

function notReady(): CryptosyncError {
  return new CryptosyncError('NOT_READY', 'the registry of claims can not be reached');
}

/** The number of a tenant's lock: 64 bits of a hash, so that no two tenants share one. */
function lockOf(tenantId: ClientId): string {
  return createHash('sha256').update(`cryptosync claim ${tenantId}`).digest().readBigInt64BE(0).toString();
}
