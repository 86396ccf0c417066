import type { HttpClient } from '../prometheus/existing-service';
import type { Client } from '../workload/connections';

/** Who tells people of alerts: an Alertmanager of ours, or one that somebody else runs. */
export interface AlertmanagerEndpoint {
  /** Its instances, each of which is sent every alert. */
  readonly receivers: readonly AlertReceiver[];
  /** Lets clients send alerts. */
  allow(...clients: Client[]): void;
}

/** One instance, as whoever sends alerts has to know it. */
export interface AlertReceiver {
  /** @default 'http' */
  readonly scheme?: 'http' | 'https';
  /** Host and port. */
  readonly address: string;
  /** Below which it serves. */
  readonly path: string;
  /** @default - it asks nobody who they are */
  readonly httpClient?: HttpClient;
}
