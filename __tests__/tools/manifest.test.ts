import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manifestOf } from '../../tools/gates/manifest';
import { Schemas } from '../../tools/gates/schemas';

const text = { type: ['string', 'null'] };
const number = { type: ['integer', 'null'] };
const either = { oneOf: [text, number] };
const texts = { type: 'object', additionalProperties: text };
const ref = (name: string) => ({ $ref: `/api/_definitions.json#/$defs/${name}` });

const folder = mkdtempSync(join(tmpdir(), 'schemas-'));
writeFileSync(
  join(folder, '_definitions.json'),
  JSON.stringify({
    $defs: {
      Port: { properties: { port: number, targetPort: either, name: text } },
      Spec: {
        properties: {
          clusterIP: text,
          ports: { type: 'array', items: ref('Port') },
          selector: texts,
          sessionAffinityConfig: { properties: { timeoutSeconds: number, defaultMode: number } },
        },
      },
    },
  }),
);
writeFileSync(
  join(folder, 'service-v1.json'),
  JSON.stringify({ properties: { metadata: { properties: { name: text, labels: texts } }, spec: ref('Spec') } }),
);
const schemas = new Schemas(folder);
afterAll(() => rmSync(folder, { recursive: true }));

const service = (spec: object) => manifestOf('kubernetes_service_v1', { metadata: { name: 'x' }, spec }, schemas);

test('a resource is the object that its provider makes of it, and nothing that is for Terraform alone', () => {
  const body = {
    '//': 'cdktf',
    depends_on: ['x'],
    wait_for_load_balancer: false,
    metadata: { name: 'x', labels: { a_b: 'c' } },
    spec: { cluster_ip: 'None', port: [{ port: '80', target_port: 'http' }], selector: { run_as: '7' } },
  };
  expect(manifestOf('kubernetes_service_v1', body, schemas)).toEqual({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'x', labels: { a_b: 'c' } },
    spec: { clusterIP: 'None', ports: [{ port: 80, targetPort: 'http' }], selector: { run_as: '7' } },
  });
});

test('numbers that are texts for the provider are numbers, modes as chmod has them, and a list of one is the one', () => {
  const spec = {
    port: [{ port: '80', target_port: '8080' }],
    session_affinity_config: [{ timeout_seconds: '5', default_mode: '0440' }],
  };
  expect(service(spec)).toMatchObject({
    spec: { ports: [{ targetPort: 8080 }], sessionAffinityConfig: { timeoutSeconds: 5, defaultMode: 0o440 } },
  });
});

test('what Terraform would take for an expression is as it is meant', () => {
  expect(service({ selector: { a: '$${x} %%{y}' } })).toMatchObject({ spec: { selector: { a: '${x} %{y}' } } });
});

test('a field that Kubernetes does not have, two where it has one, and a type without a kind are refused by name', () => {
  expect(() => service({ clusterr_ip: 'None' })).toThrow(
    'Service.spec has no field for clusterr_ip, it has: clusterIP',
  );
  expect(() => service({ session_affinity_config: [{}, {}] })).toThrow(
    'Service.spec.sessionAffinityConfig: got [{},{}], allowed: one object',
  );
  expect(() => manifestOf('kubernetes_pod_v1', {}, schemas)).toThrow(
    'no kind of Kubernetes is known for kubernetes_pod_v1',
  );
});
