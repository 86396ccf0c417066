import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { connectionSettings } from '../../app/src/database/connection-settings';
import { appRole } from '../../app/src/database/roles';
import { password } from './postgres';

const pauseMilliseconds = 10;

/** Somebody who stores and corrects rows without a pause, as the worker does. */
export class WriteLoad {
  #isWanted = true;
  #writes = 0;
  readonly #ended: Promise<void>;

  /** @param server whose roles all have the one password of these runs */
  constructor(server: { url(role: string): string }) {
    this.#ended = this.#write(new pg.Client(connectionSettings(server.url(appRole), password)));
    this.#ended.catch(() => undefined);
  }

  get writes(): number {
    return this.#writes;
  }

  /** @throws Error when a write failed */
  stop(): Promise<void> {
    this.#isWanted = false;
    return this.#ended;
  }

  async #write(client: pg.Client): Promise<void> {
    // A write that fails with it says so.
    client.on('error', () => undefined);
    await client.connect();
    try {
      for (; this.#isWanted; this.#writes++) {
        const symbol = `${900_000 + (this.#writes % 2_000)}.SH`;
        await client.query(
          `INSERT INTO stock_data (symbol, trade_date, open, high, low, close, volume, amount, source)
           VALUES ($1, '2024-01-02', 10, 11, 9, 10, 100, $2, 'tushare')
           ON CONFLICT (symbol, trade_date) DO UPDATE SET amount = excluded.amount`,
          [symbol, this.#writes],
        );
        await sleep(pauseMilliseconds);
      }
    } finally {
      await client.end();
    }
  }
}
