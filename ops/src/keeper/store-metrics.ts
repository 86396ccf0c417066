import { Counter, Gauge, type Registry } from 'prom-client';
import { listCopies } from '../backup/list';
import { RememberingReader } from '../backup/remembered-texts';
import { requireMarked, type Store } from '../backup/store';
import { readDrill } from '../drill/drill-record';
import type { WalReceiver } from '../wal/wal-receiver';

const seconds = (text: string): number => new Date(text).getTime() / 1000;

/** A gauge of what there may be none of: it has no sample until it is set, as 0 would say 1970, or no byte. */
export function gaugeWithoutSample(registry: Registry, name: string, help: string): Gauge {
  const gauge = new Gauge({ name, help, registers: [registry] });
  gauge.remove();
  return gauge;
}

/** What of the store is to be seen: read from what lies there, so that it is true after a restart as well. */
export class StoreMetrics {
  readonly backups: Counter<'result'>;
  readonly drills: Counter<'result'>;
  /** Moments in the store, undefined where there is none. */
  lastCopy: Date | undefined;
  lastDrill: Date | undefined;
  /** Whether there is any, whatever its state. */
  hasCopies = false;
  readonly #gauges;
  readonly #copiesOfStore: RememberingReader;
  readonly #copies: Gauge<'state'>;

  constructor(
    readonly registry: Registry,
    readonly store: Store,
    readonly environment: string,
  ) {
    this.#copiesOfStore = new RememberingReader(store);
    const gauge = (name: string, help: string) => gaugeWithoutSample(registry, name, help);
    this.#gauges = {
      up: gauge('stock_backup_store_up', 'Whether the store is there, is marked and can be read.'),
      success: gauge(
        'stock_backup_last_success_timestamp_seconds',
        'Moment of which the newest copy is that is not damaged.',
      ),
      verified: gauge('stock_backup_last_verified_timestamp_seconds', 'Moment of which the newest verified copy is.'),
      duration: gauge('stock_backup_last_duration_seconds', 'How long the newest copy took.'),
      size: gauge('stock_backup_last_size_bytes', 'Size of the newest copy.'),
      free: gauge('stock_backup_store_free_bytes', 'Free room on the volume of the store.'),
      all: gauge('stock_backup_store_size_bytes', 'Size of the volume of the store.'),
      drilled: gauge('stock_restore_drill_last_success_timestamp_seconds', 'When a copy was last restored in a drill.'),
      rto: gauge('stock_restore_drill_rto_seconds', 'How long the last drill took until the application could work.'),
      rpo: gauge('stock_restore_drill_rpo_seconds', 'How old the copy of the last drill was.'),
    };
    this.#copies = new Gauge({
      name: 'stock_backup_copies',
      help: 'Copies in the store, by what is known of them.',
      labelNames: ['state'],
      registers: [registry],
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
      help: 'Until when everything that the server wrote is in the store.',
      registers,
      collect() {
        show(this, receiver.receivedUntil);
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
    const { copies, unfinished } = await listCopies(this.#copiesOfStore);
    this.hasCopies = copies.length > 0;
    const counts = { verified: 0, unverified: 0, damaged: 0 };
    for (const { verification } of copies) counts[verification.state]++;
    for (const [state, count] of Object.entries({ ...counts, partial: unfinished.length }))
      this.#copies.set({ state }, count);
    const whole = copies.flatMap(({ manifest, bytes, verification }) =>
      manifest ? [{ manifest, bytes, verification }] : [],
    );
    const newest = whole.findLast(({ verification }) => verification.state !== 'damaged');
    this.lastCopy = newest && new Date(newest.manifest.snapshotAt);
    show(this.#gauges.success, this.lastCopy);
    show(this.#gauges.duration, newest && seconds(newest.manifest.finishedAt) - seconds(newest.manifest.startedAt));
    show(this.#gauges.size, newest?.bytes);
    const verified = whole.findLast(({ verification }) => verification.state === 'verified');
    show(this.#gauges.verified, verified && new Date(verified.manifest.snapshotAt));
    await this.#readDrills(whole.map(({ manifest }) => manifest.id));
    const room = await this.store.room();
    show(this.#gauges.free, room?.freeBytes);
    show(this.#gauges.all, room?.sizeBytes);
  }

  async #readDrills(ids: readonly string[]): Promise<void> {
    const drills = (await Promise.all(ids.map((id) => readDrill(this.#copiesOfStore, id)))).filter(
      (found) => found !== undefined,
    );
    const last = drills.sort((a, b) => seconds(a.succeededAt) - seconds(b.succeededAt)).at(-1);
    this.lastDrill = last && new Date(last.succeededAt);
    show(this.#gauges.drilled, this.lastDrill);
    show(this.#gauges.rto, last?.rtoSeconds);
    show(this.#gauges.rpo, last?.rpoSeconds);
  }
}

/** What there is none of has no sample. */
export function show(gauge: Gauge, value: number | Date | undefined): void {
  if (value === undefined) gauge.remove();
  else gauge.set(value instanceof Date ? value.getTime() / 1000 : value);
}
