import { mermaid } from '../../../constructs/workload/diagram';
import { addProduct, emptyStack } from '../../product';

test('a picture shows every component that is connected, what runs in it, and an arrow for each edge', () => {
  const stack = emptyStack('kubernetes');
  addProduct(stack);
  expect(mermaid(stack.environment.connections).split('\n')).toEqual([
    'flowchart LR',
    '  nightly["stock-analysis-nightly<br/>example/web:1.2.3"]',
    '  store[("stock-analysis-store<br/>example/store:4.5")]',
    '  web["stock-analysis-web<br/>example/web:1.2.3"]',
    '  nightly -->|5000| store',
    '  outside((outside)) -->|8000| web',
    '  web -->|5000| store',
  ]);
});

test('nothing connected is an empty picture', () => {
  const { environment } = emptyStack('docker');
  expect(mermaid(environment.connections)).toBe('flowchart LR');
});
