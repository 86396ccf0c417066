import type { EnvironmentConfig } from '../../config/environment';
import { boundaryOf, Workload } from '../../constructs/workload/workload';
import { estates, managedCloud, restrictedCluster } from '../../examples/estates/environments';
import { type Claim, clusterWideTypes, type Metadata, podsOf } from '../kubernetes-objects';
import { hardeningViolations, restrictedViolations } from '../pod-security';
import { type SynthesizedSystem, synthesizedSystems } from '../synthesized';

const systems = new Map(estates.map((config) => [config.name, synthesizedSystems([config])[0] as SynthesizedSystem]));
const systemOf = ({ name }: EnvironmentConfig) => systems.get(name) as SynthesizedSystem;
const stacksOf = (config: EnvironmentConfig) => systemOf(config).stacks.map(({ unit }) => systemOf(config).stack(unit));
const typesOf = (config: EnvironmentConfig) =>
  new Set(
    stacksOf(config).flatMap(({ addresses }) => addresses.map((address) => address.slice(0, address.indexOf('.')))),
  );
const claimsOf = (config: EnvironmentConfig) =>
  stacksOf(config).flatMap((stack) =>
    Object.entries(
      stack.resources<Claim & { spec: { storage_class_name?: string } }>('kubernetes_persistent_volume_claim_v1'),
    ).map(([name, { spec }]) => [name, spec.storage_class_name]),
  );

describe.each(estates)('$name', (config) => {
  test('has pods that are as restricted as ever', () => {
    const workloads = systemOf(config).environment.all(Workload);
    const restricted = workloads.filter(({ props }) => boundaryOf(props.kind) === 'workloads');
    const asking = restricted.filter(({ clusterAccess }) => clusterAccess.length > 0);
    const names = restricted.map(({ component }) => component);
    const violations = stacksOf(config)
      .flatMap(podsOf)
      .filter(({ component }) => names.includes(component))
      .flatMap(({ component, template: { spec } }) =>
        [...restrictedViolations(spec), ...hardeningViolations(spec)].map((line) => `${component}: ${line}`),
      );
    expect(names.length).toBeGreaterThan(8);
    expect(violations.sort()).toEqual(
      asking.map(({ component }) => `${component}: token of the cluster is mounted`).sort(),
    );
  });

  test('has a state of each unit of its own', () => {
    const backends = stacksOf(config).map(({ json }) => JSON.stringify(json.terraform.backend));
    expect(backends[0]).toContain(config.state.type);
    expect(new Set(backends).size).toBe(backends.length);
  });
});

describe('a managed cloud', () => {
  test('runs nothing that the cloud runs, and pulls from its registry', () => {
    const components = systemOf(managedCloud)
      .environment.all(Workload)
      .map(({ component }) => component);
    for (const absent of ['postgres', 'cache', 'queue', 'backup']) expect(components).not.toContain(absent);
    for (const { template } of stacksOf(managedCloud).flatMap(podsOf)) {
      expect(template.spec.image_pull_secrets).toEqual([{ name: 'acr-credentials' }]);
    }
  });

  test('is entered by an ingress with a certificate of the issuer, on disks of its classes', () => {
    const ingress = systemOf(managedCloud)
      .stack('application')
      .resource<{ metadata: Metadata }>('kubernetes_ingress_v1', 'gateway');
    expect(ingress.metadata.annotations).toMatchObject({
      'cert-manager.io/cluster-issuer': 'letsencrypt',
      'alb.ingress.kubernetes.io/ssl-redirect': 'true',
      'example.com/owner': 'quant@example.com',
    });
    const claims = claimsOf(managedCloud);
    expect(claims).toContainEqual(['prometheus-data', 'alicloud-disk-efficiency']);
    expect(claims.filter(([, storageClass]) => !storageClass)).toEqual([]);
  });
});

describe('a restricted cluster', () => {
  test('is asked for nothing of the whole cluster', () => {
    for (const type of clusterWideTypes) {
      expect([...typesOf(restrictedCluster)]).not.toContain(type);
    }
  });

  test('chooses who pods run as', () => {
    for (const stack of stacksOf(restrictedCluster)) {
      expect(/"(run_as_user|run_as_group|fs_group)"/.test(stack.text)).toBe(false);
    }
  });

  test('keeps a claim that was there, and lets nobody out but to its own networks', () => {
    expect(claimsOf(restrictedCluster).map(([name]) => name)).not.toContain('queue-data');
    const text = stacksOf(restrictedCluster)
      .map((stack) => stack.text)
      .join('');
    expect(text).toContain('"claim_name": "quant-queue"');
    expect(text).toContain('"cidr": "10.0.0.0/8"');
  });
});
