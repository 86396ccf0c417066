import { ConfigurationError } from '../../config/configuration-error';
import { defineEnvironment } from '../../config/environment';
import dev from '../../config/environments/dev';
import { keptData } from '../../config/kept-data';
import { withOverrides } from '../../config/overrides';
import { Workload } from '../../constructs/workload/workload';
import { dataAnchors, refuseMovedData } from '../../stacks/kept-data';
import { addSystem } from '../../stacks/system';
import { changed } from '../config/changed';
import { emptyStackOf, stateful } from '../product';
import { environmentSystem, synthesized } from '../synthesized';

const protectedOnes = [...keptData.keys()];

test.each(protectedOnes)('all that the data of %s hangs on is kept', (name) => {
  const anchors = dataAnchors(environmentSystem(name).environment);
  const withoutSecrets = (lines: readonly string[] = []) => lines.filter((line) => !line.startsWith('secret ')).sort();
  expect(withoutSecrets(anchors)).toEqual(withoutSecrets(keptData.get(name)));
});

test('another namespace of an existing environment is refused, with what there is, what would be, and how to move', () => {
  const elsewhere = defineEnvironment(changed(dev, { namespace: 'elsewhere' }));
  expect(() => synthesized((app) => addSystem(app, elsewhere))).toThrow(
    new ConfigurationError(
      [
        'environment "dev": data would be left behind or destroyed',
        '  is there now: namespace stock-analysis',
        '  would be:     namespace elsewhere',
        '  would be:     secret stock-analysis-api',
        '  would be:     secret stock-analysis-worker-tushare-api-key',
        '  would be:     secret stock-analysis-worker-akshare-api-key',
        '  would be:     secret stock-analysis-worker-wind-api-key',
        '  would be:     secret stock-analysis-gateway-login',
        '  would be:     secret stock-analysis-grafana',
        '  allowed: what is there now. To move, dump the data, deploy beside the old, load the dump, and only then',
        '  change config/kept-data.ts (docs/runbooks/move-data.md)',
      ].join('\n'),
    ),
  );
});

test('whoever may destroy it may move it', () => {
  const elsewhere = withOverrides(defineEnvironment(changed(dev, { namespace: 'elsewhere' })), { allowDestroy: 'dev' });
  expect(() => synthesized((app) => addSystem(app, elsewhere))).not.toThrow();
});

test.each([
  ['another path', { volume: { path: '/elsewhere', sizeGiB: 1 } }],
  ['the next major version', { image: { reference: 'mirror.example:5000/postgres:18.1', version: '18.1' } }],
  ['another server', { image: { reference: 'timescale:17.11', version: '17.11' } }],
  ['another component', { component: 'database' }],
])('a claim at or of %s is refused', (_, props) => {
  const stack = emptyStackOf(dev);
  new Workload(
    stack,
    'workload',
    stateful({
      component: 'postgres',
      image: { reference: 'mirror.example:5000/postgres:17.12', version: '17.12' },
      volume: { path: '/var/lib/postgresql/data', sizeGiB: 9 },
      ...props,
    }),
  );
  expect(() => refuseMovedData(stack.environment)).toThrow('  is there now: claim stock-analysis-postgres-data at');
});
