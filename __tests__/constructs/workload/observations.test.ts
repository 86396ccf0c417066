import { Workload } from '../../../constructs/workload/workload';
import { emptyStack, service } from '../../product';
import { environmentSystem } from '../../synthesized';

test('what components want to be seen is one list, sorted by component, whatever order they were made in', () => {
  const stack = emptyStack('kubernetes');
  const { observations } = stack.environment;
  for (const component of ['web', 'api']) {
    const peer = new Workload(stack, component, service({ component, ports: { metrics: 9000 } }));
    observations.record({ component, scrapes: [{ peer, port: 'metrics', intervalSeconds: 15 }] });
  }
  expect(observations.all.map(({ component }) => component)).toEqual(['api', 'web']);
});

test('the API is to be scraped at its metrics port, as often as the manual says', () => {
  const { environment } = environmentSystem('dev');
  const api = environment.observations.all.find(({ component }) => component === 'api');
  const [scrape] = api?.scrapes ?? [];
  expect(scrape?.peer.name).toBe('stock-analysis-api');
  expect(scrape?.peer.port(scrape.port)).toBe(8001);
  expect(scrape?.intervalSeconds).toBe(30);
});
