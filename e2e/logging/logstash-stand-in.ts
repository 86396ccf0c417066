import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What of Logstash's answer is read, with the names of its page "Node Stats API"; ours are the numbers. */
const answer = {
  pipelines: {
    main: {
      events: { in: 1200, filtered: 1190, out: 1180 },
      plugins: {
        outputs: [
          { name: 'elasticsearch', documents: { successes: 1170, dlq_routed: 7, non_retryable_failures: 2 } },
          { name: 'stdout' },
        ],
      },
      queue: {
        type: 'persisted',
        events_count: 20,
        queue_size_in_bytes: 4096,
        max_queue_size_in_bytes: 1_073_741_824,
      },
      dead_letter_queue: {
        queue_size_in_bytes: 512,
        max_queue_size_in_bytes: 213_909_504,
        dropped_events: 3,
        expired_events: 0,
        storage_policy: 'drop_older',
      },
    },
  },
};

/** Something that answers as Logstash does, of which there is none here. */
export async function logstashStandIn() {
  const server = createServer((_, response) => response.end(JSON.stringify(answer)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => server.close(),
  };
}
