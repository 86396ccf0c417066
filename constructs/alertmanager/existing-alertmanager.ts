import { ExistingService } from '../prometheus/existing-service';
import { outsidePeer } from '../workload/peer';
import type { AlertmanagerEndpoint, AlertReceiver } from './alertmanager-endpoint';

/** An Alertmanager that somebody else runs: whom it tells, and when, is said there. */
export class ExistingAlertmanager extends ExistingService implements AlertmanagerEndpoint {
  get receivers(): AlertReceiver[] {
    return this.props.urls.map((url) => ({
      scheme: new URL(url).protocol === 'https:' ? 'https' : 'http',
      address: `${outsidePeer(url).name}:${outsidePeer(url).port('url')}`,
      path: new URL(url).pathname,
      httpClient: this.httpClient,
    }));
  }
}
