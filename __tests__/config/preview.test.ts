import { defineEnvironment } from '../../config/environment';
import dev from '../../config/environments/dev';
import production from '../../config/environments/production';
import { previewOf } from '../../config/preview';
import { synthesizedSystems } from '../synthesized';

const preview = defineEnvironment(previewOf(dev, { name: 'pr-7', hours: 48 }));

test('a preview is another environment with a namespace of its own, and says how long it is wanted', () => {
  const namespaces = synthesizedSystems([preview]).map((system) =>
    system.stack('platform').resource('kubernetes_namespace_v1', 'namespace'),
  );
  expect(namespaces).toMatchObject([
    { metadata: { name: 'stock-analysis-pr-7', annotations: { 'janitor/ttl': '48h' } } },
  ]);
});

test('nothing in it is protected, and its tier is development, whatever it is like', () => {
  expect(preview).toMatchObject({ tier: 'development', deletionProtection: false, quota: dev.quota });
});

test('nobody hears of it, whomever its alerts would be sent to where it is like production', () => {
  expect(defineEnvironment(previewOf(production, { name: 'pr-7', hours: 48 })).observability).toMatchObject({
    notifications: {},
  });
});

test('its name has to be one', () => {
  expect(() => defineEnvironment(previewOf(dev, { name: 'PR 7', hours: 48 }))).toThrow('name: got "PR 7", allowed: ');
});
