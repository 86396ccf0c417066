import type { ApiServer } from '../api-server';
import { envelopeSchema, ownMeta } from '../envelope';
import { type Monitor, monitorReportSchema } from '../monitor-report';
import { errors, noParameters, security } from '../parameters';
import { sendFresh } from '../representation';

/** Adds the route of the operations view, where the product watches itself. */
export function addMonitorRoute(server: ApiServer, monitor: Monitor): void {
  server.get(
    '/api/v1/monitor',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['collection'],
        operationId: 'getMonitor',
        summary: 'The product as it watches itself: how it did for the last half hour, and the alerts that would fire',
        security,
        querystring: noParameters,
        response: { 200: envelopeSchema(monitorReportSchema), ...errors },
      },
    },
    async (request, reply) => sendFresh(request, reply, ownMeta(), JSON.stringify(monitor.report())),
  );
}
