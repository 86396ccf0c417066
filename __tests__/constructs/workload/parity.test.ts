import { Workload, type WorkloadProps } from '../../../constructs/workload/workload';
import { dockerContainer, runningContainers } from '../../docker-objects';
import { flowsThroughNetworks, flowsThroughPolicies } from '../../flows';
import { type PodSpec, podOf, podsOf } from '../../kubernetes-objects';
import { addProduct, rendered, stateful } from '../../product';
import { environmentSystem, literal, type SynthesizedStack } from '../../synthesized';

/** What one component is, read from what a target makes of it. */
interface Rendered {
  readonly component: string;
  readonly host: string | undefined;
  readonly version: string | undefined;
  readonly user: string;
  readonly memoryMiB: number;
  readonly cpuMillicores: number;
  readonly environment: readonly string[];
  readonly files: readonly string[];
  readonly publicFiles: Readonly<Record<string, string | undefined>>;
  readonly secretFiles: readonly string[];
  readonly scratch: readonly string[];
  readonly data: readonly string[];
  readonly openPorts: readonly number[];
  readonly stopSeconds: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

const filesDirectory = '/etc/stock-analysis/';

function fromDocker(stacks: readonly SynthesizedStack[]): Rendered[] {
  return stacks.flatMap((stack) =>
    runningContainers(stack).map(([component, container]) => {
      // One that carries what a restart brings, and one for each folder that is reread, whose place the first one makes.
      const carriers = stack.addresses.filter((address) =>
        `${address}-`.startsWith(`docker_container.${component}-files-`),
      );
      const uploads = carriers
        .flatMap((address) => dockerContainer(stack, address.split('.')[1] as string).upload ?? [])
        .filter(({ file }) => !file.endsWith('/.reread'));
      const nameOf = (file: string) => file.slice(filesDirectory.length);
      // The other labels are the engine's own business.
      const common = (container.labels ?? []).filter(({ label }) => label.startsWith('app.kubernetes.io/'));
      const labels = Object.fromEntries(common.map(({ label, value }) => [label, value]));
      return {
        component,
        host: container.networks_advanced?.[0]?.aliases?.[0] ?? container.name,
        version: labels['app.kubernetes.io/version'],
        user: container.user ?? 'of the image',
        memoryMiB: container.memory ?? 0,
        cpuMillicores: ((container.cpu_quota ?? 0) / (container.cpu_period ?? 1)) * 1000,
        environment: (container.env ?? []).map(literal),
        files: uploads.map(({ file }) => nameOf(file)).sort(),
        publicFiles: Object.fromEntries(
          uploads.flatMap(({ file, content }) => (content === undefined ? [] : [[nameOf(file), literal(content)]])),
        ),
        secretFiles: uploads
          .flatMap(({ file, source }) => (source ? [`${nameOf(file)} = ${source.split('/').slice(-2).join('/')}`] : []))
          .sort(),
        scratch: [...Object.keys(container.tmpfs ?? {}), ...(container.shm_size ? ['/dev/shm'] : [])].sort(),
        data: (container.mounts ?? []).filter(({ read_only }) => !read_only).map(({ target }) => target),
        openPorts: (container.ports ?? []).map(({ internal }) => internal),
        stopSeconds: container.stop_timeout,
        labels,
      };
    }),
  );
}

function fromKubernetes(stacks: readonly SynthesizedStack[]): Rendered[] {
  const open = flowsThroughPolicies(stacks).flatMap((flow) => /^outside -> (\w+):(\d+)$/.exec(flow)?.slice(1) ?? []);
  return stacks.flatMap((stack) =>
    podsOf(stack).map(({ component, template: { metadata, spec } }) => {
      const [container] = spec.container;
      const config =
        stack.resources<{ data: Record<string, string> }>('kubernetes_config_map_v1')[component]?.data ?? {};
      const sources = spec.volume
        .filter(({ name }) => container?.volume_mount.some((mount) => mount.name === name))
        .flatMap(({ projected = [] }) => projected.flatMap(({ sources: all }) => all));
      const secrets = sources.flatMap(({ secret = [] }) =>
        secret.flatMap(({ name, items }) =>
          items.map(({ key, path }) => `${path} = ${name.replace('stock-analysis-', '')}/${key}`),
        ),
      );
      const contents = Object.fromEntries(Object.entries(config).map(([name, text]) => [name, literal(text)]));
      return {
        component,
        host: metadata.labels['app.kubernetes.io/instance'],
        version: metadata.labels['app.kubernetes.io/version'],
        user: `${spec.security_context?.run_as_user}:${spec.security_context?.run_as_group}`,
        memoryMiB: Number.parseInt(container?.resources?.limits?.memory ?? '', 10),
        cpuMillicores: Number.parseInt(container?.resources?.limits?.cpu ?? '', 10),
        environment: (container?.env ?? []).map(({ name, value }) => `${name}=${literal(value ?? '')}`),
        files: [...Object.keys(config), ...secrets.map((line) => line.split(' = ')[0] as string)].sort(),
        publicFiles: contents,
        secretFiles: secrets.sort(),
        scratch: (container?.volume_mount ?? [])
          .filter(({ name }) => spec.volume.some((volume) => volume.name === name && volume.empty_dir))
          .map(({ mount_path }) => mount_path)
          .sort(),
        data: (container?.volume_mount ?? [])
          .filter(({ name }) => spec.volume.some((volume) => volume.name === name && volume.persistent_volume_claim))
          .map(({ mount_path }) => mount_path),
        openPorts: open[0] === component ? [Number(open[1])] : [],
        stopSeconds: afterTheSignal(spec),
        labels: metadata.labels,
      };
    }),
  );
}

/** Of a pod's time to stop, what is left when it is told to: one container on Docker has nobody to wait for. */
const afterTheSignal = ({ termination_grace_period_seconds: whole, container: [main] }: PodSpec) => {
  const [, drained = '0'] = main?.lifecycle?.pre_stop?.[0]?.exec.command ?? [];
  return whole === undefined ? undefined : whole - Number(drained);
};

const byComponent = (all: Rendered[]) => Object.fromEntries(all.map((each) => [each.component, each]));
const keysOnly = (labels: Rendered['labels']) => Object.fromEntries(Object.keys(labels).map((key) => [key, '']));
const withoutPort = (flow: string) => (flow.startsWith('outside') ? flow : flow.replace(/:\d+$/, ''));

const renderedWith = (target: 'docker' | 'kubernetes', props: WorkloadProps) =>
  rendered(target, (scope) => {
    new Workload(scope, props.component, props);
  });

const docker = rendered('docker', addProduct);
const kubernetes = rendered('kubernetes', addProduct);

describe('one product with every kind of workload is the same on both targets', () => {
  test('in its components, their users, resources, environment, files, scratch and data, labels and time to stop', () => {
    expect(byComponent(fromDocker([docker]))).toEqual(byComponent(fromKubernetes([kubernetes])));
  });

  test('in who connects to whom, and what is open to the outside', () => {
    expect(flowsThroughPolicies([kubernetes])).toEqual([
      'nightly -> store:5000',
      'outside -> web:8000',
      'web -> store:5000',
    ]);
    expect(flowsThroughNetworks([docker])).toEqual(flowsThroughPolicies([kubernetes]).map(withoutPort));
  });

  test('in the command that runs, the preparations before it and the question whether it is ready', () => {
    const [main] = podOf(kubernetes, 'web').template.spec.container;
    const preparations = podOf(kubernetes, 'web').template.spec.init_container ?? [];
    const { entrypoint, healthcheck } = dockerContainer(docker, 'web');
    expect(entrypoint).toEqual(main?.command);
    const quoted = preparations.map((each) => (each.command ?? []).map((word) => `'${word}'`).join(' '));
    expect(dockerContainer(docker, 'web-preparation').command).toEqual(['/bin/sh', '-c', quoted.join(' && ')]);
    expect(healthcheck).toMatchObject({
      retries: main?.readiness_probe?.failure_threshold,
      interval: `${main?.readiness_probe?.period_seconds}s`,
      timeout: `${main?.readiness_probe?.timeout_seconds}s`,
    });
    expect(dockerContainer(docker, 'nightly').command).toEqual(
      podOf(kubernetes, 'nightly').template.spec.container[0]?.command,
    );
  });

  test('and a difference in any of it is shown by the name of the component and of what differs', () => {
    const other = structuredClone(docker.json);
    const web = (other.resource?.docker_container?.web ?? {}) as { env: string[] };
    web.env.push('EXTRA=1');
    const changed = fromDocker([Object.assign(Object.create(Object.getPrototypeOf(docker)), docker, { json: other })]);
    expect(() => expect(byComponent(changed)).toEqual(byComponent(fromKubernetes([kubernetes])))).toThrow(/EXTRA=1/);
  });
});

test('a workload of several volumes has them on both targets, each by its name and at its path', () => {
  const copies = { name: 'copies', path: '/copies', sizeGiB: 2 };
  const store = stateful({ volumes: [{ path: '/data', sizeGiB: 3 }, copies] });
  const onDocker = renderedWith('docker', store);
  const inCluster = renderedWith('kubernetes', store);
  expect(fromDocker([onDocker])[0]?.data).toEqual(['/data', '/copies']);
  expect(byComponent(fromDocker([onDocker]))).toEqual(byComponent(fromKubernetes([inCluster])));
  const names = (stack: SynthesizedStack, type: string) => Object.keys(stack.resources(type));
  expect(names(onDocker, 'docker_volume')).toEqual(names(inCluster, 'kubernetes_persistent_volume_claim_v1'));
  expect(names(onDocker, 'docker_volume')).toEqual(['store-copies', 'store-data']);
});

describe('the whole system is the same in local and in dev', () => {
  const stacks = (name: 'local' | 'dev') =>
    (['platform', 'data', 'application'] as const).map((unit) => environmentSystem(name).stack(unit));

  test('but for the version of the application, where the gateway answers and meets its companion, and what the names end with that Nginx looks up', () => {
    const same = (all: Rendered[]) =>
      byComponent(all.map((each) => ({ ...each, version: undefined, labels: keysOnly(each.labels) })));
    const inCluster = JSON.stringify(same(fromKubernetes(stacks('dev'))));
    const outside = inCluster
      .replaceAll('.stock-analysis.svc$cluster_domain', () => '$cluster_domain')
      .replaceAll('listen 127.0.0.1:8081', 'listen 0.0.0.0:8081');
    // Read as what was written, which drops what is undefined.
    const read = (all: Rendered[]) => JSON.parse(JSON.stringify(same(all)));
    expect(read(fromDocker(stacks('local')))).toEqual(JSON.parse(outside));
  });

  test('and so is who connects to whom', () => {
    expect(flowsThroughNetworks(stacks('local'))).toEqual(flowsThroughPolicies(stacks('dev')).map(withoutPort));
  });
});

/** What a text of a workload may hold that Terraform would take for an expression of its own. */
const expressions = 'shell ${HOME}, logs %{[host][name]}, dashboards ${DS_PROMETHEUS} and 100%';

describe.each(['docker', 'kubernetes'] as const)('on %s', (target) => {
  const stack = rendered(target, (scope) => {
    const { web } = addProduct(scope);
    web.receive({ environment: { TEMPLATE: expressions }, files: { 'template.conf': { content: expressions } } });
  });
  const [web] = (target === 'docker' ? fromDocker([stack]) : fromKubernetes([stack])).filter(
    ({ component }) => component === 'web',
  );

  test('what looks like an expression of Terraform in a file reaches the workload as it is', () => {
    expect(web?.publicFiles['template.conf']).toBe(expressions);
  });

  test('what looks like an expression of Terraform in the environment reaches the workload as it is', () => {
    expect(web?.environment).toContain(`TEMPLATE=${expressions}`);
  });

  test('nothing but addresses of ours is left for Terraform to evaluate', () => {
    const found = [...stack.text.matchAll(/(?<![$%])[$%]\{[^}]*\}/g)].map(([expression]) => expression);
    expect(
      found.filter(
        (expression) =>
          !/^\$\{((docker_\w+|ephemeral\.random_password)\.[\w.-]+|self\.(exit_code( == 0)?|container_logs))\}$/.test(
            expression,
          ),
      ),
    ).toEqual([]);
  });
});
