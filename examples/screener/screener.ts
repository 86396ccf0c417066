import { Construct } from 'constructs';
import type { Client } from 'stock-analysis-platform/constructs/workload/connections';
import { Environment } from 'stock-analysis-platform/constructs/workload/environment';
import { filesDirectory, type Probe, Workload } from 'stock-analysis-platform/constructs/workload/workload';

/** A component of another team: it reads from the platform's API, keeps what it found in a cache, and shows it on a page. */
export class Screener extends Construct implements Client {
  readonly workload: Workload;

  constructor(scope: Construct, id: string, { apiUrl }: { apiUrl: string }) {
    super(scope, id);
    this.workload = new Workload(this, 'workload', {
      kind: 'service',
      component: id,
      purpose: 'screener',
      image: { reference: 'registry.screening.example/screener:1.4.0', version: '1.4.0' },
      user: { uid: 1000, gid: 1000 },
      scale: { replicas: 2 },
      ports: { http: 3000 },
      environment: { API_URL: apiUrl, RULES_FILE: `${filesDirectory}/rules.json` },
      files: { 'rules.json': { content: JSON.stringify([{ name: 'rising', days: 5 }]) } },
      cpuMillicores: 250,
      memoryMiB: 256,
      probes: { startup: asks('/live', 1, 30), readiness: asks('/ready', 5, 2), liveness: asks('/live', 15, 4) },
    });
    const { connections } = Environment.of(this);
    connections.reach(this.workload, apiUrl);
    connections.expose(this.workload, 'http');
  }
}

const asks = (path: string, periodSeconds: number, failureThreshold: number): Probe => ({
  check: { command: ['node', 'ask.js', path], http: { port: 'http', path } },
  periodSeconds,
  timeoutSeconds: 5,
  failureThreshold,
});
