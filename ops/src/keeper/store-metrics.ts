import { Counter, Gauge, type Registry } from 'prom-client';
import { listCopies } from '../backup/list';
import { requireMarked, type Store } from '../backup/store';
import { readDrill } from '../drill/drill-record';
import type { WalReceiver } from '../wal/wal-receiver';

const seconds = (text: string): number => new Date(text).getTime() / 1000;

/** What of the store is to be seen: read from what lies there, so that it is true after a restart as well. */
export class StoreMetrics {
  readonly backups: Counter<'result'>;
  readonly drills: Counter<'result'>;
  /** Moments in the store, undefined where there is none. */
  lastCopy: Date | undefined;
  lastDrill: Date | undefined;
  readonly #gauge: (name: string, help: string) => Gauge;
  readonly #gauges;
  readonly #copies: Gauge<'state'>;

  constructor(
    readonly registry: Registry,
    readonly store: Store,
    readonly environment: string,
  ) {
    const registers = [registry];
    this.#gauge = (name, help) => new Gauge({ name, help, registers });
    this.#gauges = {
      up: this.#gauge('stock_backup_store_up', 'Whether the store is there, is marked and can be read.'),
      success: this.#gauge('stock_backup_last_success_timestamp_seconds', 'Moment of which the newest copy is.'),
      verified: this.#gauge(
        'stock_backup_last_verified_timestamp_seconds',
        'Moment of which the newest verified copy is.',
      ),
      duration: this.#gauge('stock_backup_last_duration_seconds', 'How long the newest copy took.'),
      size: this.#gauge('stock_backup_last_size_bytes', 'Size of the newest copy.'),
      free: this.#gauge('stock_backup_store_free_bytes', 'Free room on the volume of the store.'),
      all: this.#gauge('stock_backup_store_size_bytes', 'Size of the volume of the store.'),
      drilled: this.#gauge(
        'stock_restore_drill_last_success_timestamp_seconds',
        'When a copy was last restored in a drill.',
      ),
      rto: this.#gauge(
        'stock_restore_drill_rto_seconds',
        'How long the last drill took until the application could work.',
      ),
      rpo: this.#gauge('stock_restore_drill_rpo_seconds', 'How old the copy of the last drill was.'),
    };
    this.#copies = new Gauge({
      name: 'stock_backup_copies',
      help: 'Copies in the store, by what is known of them.',
      labelNames: ['state'],
      registers,
    });
    this.backups = this.#counter('stock_backup_attempts_total', 'Copies that were begun, by how they ended.');
    this.drills = this.#counter('stock_restore_drill_attempts_total', 'Drills that were begun, by how they ended.');
  }

  #counter(name: string, help: string): Counter<'result'> {
    const counter = new Counter({ name, help, labelNames: ['result'] as const, registers: [this.registry] });
    for (const result of ['ok', 'failed']) counter.inc({ result }, 0);
    return counter;
  }

  /** Shows what the receiver of the write-ahead log knows. */
  watch(receiver: WalReceiver): void {
    const registers = [this.registry];
    new Gauge({
      name: 'stock_wal_receiver_up',
      help: 'Whether the write-ahead log is being received.',
      registers,
      collect() {
        this.set(receiver.isUp ? 1 : 0);
      },
    });
    new Gauge({
      name: 'stock_wal_received_timestamp_seconds',
      help: 'Until when everything that the server wrote is received.',
      registers,
      collect() {
        if (receiver.receivedUntil) this.set(receiver.receivedUntil.getTime() / 1000);
      },
    });
  }

  /** Looks at the store. What cannot be looked at keeps its last value, whose age grows. */
  async refresh(): Promise<void> {
    try {
      await requireMarked(this.store, this.environment);
      await this.#read();
      this.#gauges.up.set(1);
    } catch (error) {
      this.#gauges.up.set(0);
      throw error;
    }
  }

  async #read(): Promise<void> {
    const { copies, unfinished } = await listCopies(this.store);
    const counts = { verified: 0, unverified: 0, damaged: 0 };
    for (const { verification } of copies) counts[verification.state]++;
    for (const [state, count] of Object.entries({ ...counts, partial: unfinished.length }))
      this.#copies.set({ state }, count);
    const whole = copies.flatMap(({ manifest, bytes, verification }) =>
      manifest ? [{ manifest, bytes, verification }] : [],
    );
    const newest = whole.at(-1);
    if (newest) {
      const { snapshotAt, startedAt, finishedAt } = newest.manifest;
      this.lastCopy = new Date(snapshotAt);
      this.#gauges.success.set(seconds(snapshotAt));
      this.#gauges.duration.set(seconds(finishedAt) - seconds(startedAt));
      this.#gauges.size.set(newest.bytes);
    }
    const verified = whole.findLast(({ verification }) => verification.state === 'verified');
    if (verified) this.#gauges.verified.set(seconds(verified.manifest.snapshotAt));
    await this.#readDrills(whole.map(({ manifest }) => manifest.id));
    const room = await this.store.room();
    if (room) {
      this.#gauges.free.set(room.freeBytes);
      this.#gauges.all.set(room.sizeBytes);
    }
  }

  async #readDrills(ids: readonly string[]): Promise<void> {
    const drills = (await Promise.all(ids.map((id) => readDrill(this.store, id)))).filter(
      (found) => found !== undefined,
    );
    const last = drills.sort((a, b) => seconds(a.succeededAt) - seconds(b.succeededAt)).at(-1);
    if (!last) return;
    this.lastDrill = new Date(last.succeededAt);
    this.#gauges.drilled.set(seconds(last.succeededAt));
    this.#gauges.rto.set(last.rtoSeconds);
    this.#gauges.rpo.set(last.rpoSeconds);
  }
}
