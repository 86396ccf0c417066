import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Environment } from '../../../constructs/workload/environment';
import { Secret } from '../../../constructs/workload/secret';
import { Workload, type WorkloadProps } from '../../../constructs/workload/workload';
import {
  containerViolations,
  type DockerContainer,
  type DockerNetwork,
  type DockerVolume,
  dockerContainer,
  runningContainers,
  startedContainers,
} from '../../docker-objects';
import { addProduct, probes, rendered, scheduled, service, stateful } from '../../product';
import { literal, reference } from '../../synthesized';

const renderedWorkload = (props: WorkloadProps, values = {}) =>
  rendered('docker', (stack) => new Workload(stack, 'workload', props), values);
const container = (props: WorkloadProps) => dockerContainer(renderedWorkload(props), props.component);

const product = rendered('docker', addProduct);

describe('each kind is made of exactly these resources', () => {
  test('a service is a container of an image', () => {
    expect(renderedWorkload(service()).addresses).toEqual(['docker_container.web', 'docker_image.web']);
  });

  test('a stateful workload is a container and the volume that outlives it', () => {
    expect(renderedWorkload(stateful()).addresses).toEqual([
      'docker_container.store',
      'docker_image.store',
      'docker_volume.store-data',
    ]);
  });

  test('a scheduled workload is a container that waits', () => {
    expect(renderedWorkload(scheduled()).addresses).toEqual(['docker_container.nightly', 'docker_image.web']);
  });

  test('files add a volume and what carries them into it', () => {
    expect(renderedWorkload(service({ files: { 'web.conf': { content: 'x' } } })).addresses).toEqual([
      'docker_container.web',
      'docker_container.web-files', // Never started: an upload needs a container, and only one that can be written.
      'docker_image.web',
      'docker_volume.web-files', // What the container mounts, read-only.
    ]);
  });

  test('a whole product is this', () => {
    expect(product.addresses).toEqual([
      'docker_container.nightly',
      'docker_container.nightly-files',
      'docker_container.store',
      'docker_container.store-files',
      'docker_container.web',
      'docker_container.web-files',
      'docker_container.web-preparation', // Runs to its end before the other starts.
      'docker_container.web-preparation-files',
      'docker_image.store',
      'docker_image.web', // One image for all of them.
      'docker_network.edge', // The only one with a way out: published ports need it.
      'docker_network.store', // The store and those who may connect to it.
      'docker_volume.nightly-files',
      'docker_volume.store-data',
      'docker_volume.store-files',
      'docker_volume.web-files',
      'docker_volume.web-preparation-files',
    ]);
  });
});

describe('a container is contained', () => {
  test('in every kind of workload', () => {
    expect(runningContainers(product).map(([component]) => component)).toEqual(['nightly', 'store', 'web']);
    expect(startedContainers(product).flatMap(([name, body]) => containerViolations(name, body))).toEqual([]);
  });

  const mutations: Array<[what: string, mutate: (container: DockerContainer) => void, line: string]> = [
    ['is privileged', (it) => Object.assign(it, { privileged: true }), 'privileged'],
    ['may write its root', (it) => delete it.read_only, 'root file system can be written'],
    ['is root', (it) => Object.assign(it, { user: '0:0' }), 'user 0:0'],
    ['is what the image says', (it) => delete it.user, 'user undefined'],
    ['has the group of root', (it) => Object.assign(it, { user: '1:0' }), 'user 1:0'],
    ['keeps capabilities', (it) => delete it.capabilities, 'keeps capabilities'],
    ['adds one', (it) => Object.assign(it, { capabilities: { drop: ['ALL'], add: ['NET_RAW'] } }), 'adds capabilities'],
    ['may gain privileges', (it) => delete it.security_opts, 'privilege escalation'],
    ['may take all memory', (it) => Object.assign(it, { memory: 0, memory_swap: 0 }), 'no limit of memory'],
    ['may swap', (it) => Object.assign(it, { memory_swap: -1 }), 'swap beyond its memory'],
    ['may take all processors', (it) => delete it.cpu_quota, 'no limit of cpu'],
    ['may fork without end', (it) => delete it.ulimit, 'no limit of processes'],
    ['may log without end', (it) => delete it.log_opts, 'log grows without end'],
    [
      'is open to the network',
      (it) => Object.assign(it, { ports: [{ internal: 80, ip: '0.0.0.0' }] }),
      'port open to other machines',
    ],
    [
      'says not where it is open',
      (it) => Object.assign(it, { ports: [{ internal: 80 }] }),
      'port open to other machines',
    ],
    [
      'mounts the engine',
      (it) => Object.assign(it, { mounts: [{ type: 'bind', source: '/var/run/docker.sock', target: '/x' }] }),
      'mounts a path of its machine',
    ],
    ['shares the network of its machine', (it) => Object.assign(it, { network_mode: 'host' }), 'network host'],
    [
      'may run what it writes',
      (it) => Object.assign(it, { tmpfs: { '/tmp': 'rw,nosuid,nodev,size=1m' } }),
      '/tmp: not noexec',
    ],
    [
      'may fill the memory',
      (it) => Object.assign(it, { tmpfs: { '/tmp': 'rw,noexec,nosuid,nodev' } }),
      '/tmp: no size limit',
    ],
  ];

  test.each(mutations)('and one that %s is caught', (_, mutate, line) => {
    const changed = structuredClone(dockerContainer(product, 'web'));
    mutate(changed);
    expect(containerViolations('web', changed)).toEqual([`web: ${line}`]);
  });

  test('its limits are those of the contract', () => {
    const web = container(service({ cpuMillicores: 1500, memoryMiB: 300 }));
    expect([web.memory, web.memory_swap]).toEqual([300, 300]);
    expect((web.cpu_quota as number) / (web.cpu_period as number)).toBe(1.5);
  });

  test('its user owns what it may write, which is in memory and gone with it', () => {
    const web = container(service({ user: { uid: 7, gid: 8 }, scratchMiB: { '/tmp': 5, '/run/web': 6 } }));
    expect(web.user).toBe('7:8');
    expect(web.tmpfs).toEqual({
      '/tmp': 'rw,noexec,nosuid,nodev,size=5m,uid=7,gid=8,mode=0700',
      '/run/web': 'rw,noexec,nosuid,nodev,size=6m,uid=7,gid=8,mode=0700',
    });
  });

  test('shared memory has a size, because the engine makes it anyway', () => {
    const store = container(stateful({ scratchMiB: { '/dev/shm': 64 } }));
    expect([store.shm_size, store.tmpfs]).toEqual([64, {}]);
  });

  test('its log is kept in three files of ten megabytes, each line with the name of its component', () => {
    const { log_driver, log_opts } = container(service());
    expect([log_driver, log_opts]).toEqual([
      'json-file',
      { 'max-size': '10m', 'max-file': '3', labels: 'app.kubernetes.io/name' },
    ]);
  });

  test('it comes back after a failure and a reboot, and reaps what it leaves behind', () => {
    expect(container(service())).toMatchObject({ restart: 'unless-stopped', init: true });
  });

  test('it carries the labels of its pod', () => {
    expect(container(service()).labels).toContainEqual({ label: 'app.kubernetes.io/version', value: '1.2.3' });
    expect(container(service()).labels).toContainEqual({ label: 'app.kubernetes.io/part-of', value: 'stock-analysis' });
  });
});

describe('a container is watched', () => {
  test('by the readiness check, with the patience of the startup probe', () => {
    expect(container(service({ probes }))).toMatchObject({
      healthcheck: { test: ['CMD', 'ask', 'ready'], interval: '5s', timeout: '2s', retries: 3, start_period: '30s' },
      wait: true,
    });
  });

  test('not at all when it only waits for its time', () => {
    const nightly = container(scheduled());
    expect(nightly.healthcheck?.test).toEqual(['NONE']);
    expect(nightly.wait).toBeUndefined();
  });

  test('times are written as the engine prints them, or every plan would want to change them', () => {
    const times = (periodSeconds: number) =>
      container(service({ probes: { ...probes, readiness: { ...probes.readiness, periodSeconds } } })).healthcheck
        ?.interval;
    expect([59, 60, 90, 300].map(times)).toEqual(['59s', '1m0s', '1m30s', '5m0s']);
  });

  test('and given its time to stop, on destruction too', () => {
    expect(container(service())).toMatchObject({ stop_timeout: 30, destroy_grace_seconds: 30 });
    expect(container(stateful({ terminationGracePeriodSeconds: 120 }))).toMatchObject({
      stop_timeout: 120,
      destroy_grace_seconds: 120,
    });
  });
});

describe('files', () => {
  const withFiles = (revision = 1, content = 'mode = safe\n') =>
    rendered('docker', (stack) => {
      const secret = new Secret(stack, 'secret', { component: 'vault', keys: { token: '{password}' }, revision });
      new Workload(stack, 'workload', service({ files: { 'web.conf': { content }, token: secret.file('token') } }));
    });
  const volumeName = (stack: ReturnType<typeof withFiles>) =>
    stack.resource<DockerVolume>('docker_volume', 'web-files').name;

  test('are uploaded into a container that never starts', () => {
    expect(dockerContainer(withFiles(), 'web-files')).toMatchObject({
      name: 'stock-analysis-web-files',
      start: false,
      must_run: false,
      restart: 'no',
      network_mode: 'none',
      mounts: [{ type: 'volume', source: reference('docker_volume.web-files.name'), target: '/etc/stock-analysis' }],
      upload: [
        { file: '/etc/stock-analysis/token', permissions: '0444', source: '../../../.local/secrets/local/vault/token' },
        { file: '/etc/stock-analysis/web.conf', permissions: '0444', content: 'mode = safe\n' },
      ],
    });
  });

  test('are mounted read-only, after they have been carried', () => {
    const web = withFiles().resource<DockerContainer>('docker_container', 'web');
    expect(web.mounts).toEqual([
      {
        type: 'volume',
        source: reference('docker_volume.web-files.name'),
        target: '/etc/stock-analysis',
        read_only: true,
      },
    ]);
    expect(web.depends_on).toEqual(['docker_container.web-files']);
  });

  test('that change are a new volume, and so a new container', () => {
    expect(volumeName(withFiles(1, 'mode = fast\n'))).not.toBe(volumeName(withFiles()));
    expect(volumeName(withFiles(2))).not.toBe(volumeName(withFiles()));
    expect(volumeName(withFiles())).toBe(volumeName(withFiles()));
  });
});

describe('data', () => {
  const volume = (deletionProtection: boolean, version = '4.5') =>
    renderedWorkload(stateful({ image: { reference: `example/store:${version}`, version } }), {
      deletionProtection,
    }).resource<DockerVolume>('docker_volume', 'store-data');

  test('is in a volume of a fixed name, mounted where the contract says', () => {
    expect(volume(false).name).toBe('stock-analysis-store-data');
    expect(container(stateful()).mounts).toEqual([
      { type: 'volume', source: reference('docker_volume.store-data.name'), target: '/data' },
    ]);
  });

  test('is kept when the environment says so', () => {
    expect(volume(true).lifecycle?.prevent_destroy).toBe(true);
    expect(volume(false).lifecycle?.prevent_destroy).toBe(false);
  });

  // Every attribute of docker_volume forces a new one.
  test('survives a new version of what reads it', () => {
    expect(volume(false, '4.6')).toEqual(volume(false, '4.5'));
  });
});

describe('networks', () => {
  const networks = (component: string) => dockerContainer(product, component).networks_advanced;

  test('one of each server, without a way out, and one for what comes in', () => {
    const named = Object.values(product.resources<DockerNetwork>('docker_network'));
    expect(named.map(({ name, internal }) => [name, internal ?? false]).sort()).toEqual([
      ['stock-analysis-edge', false],
      ['stock-analysis-store', true],
    ]);
  });

  test('a container is in its own and in those of the servers it connects to, under its own name', () => {
    const named = (component: string, network: string) => ({
      name: `stock-analysis-${network}`,
      aliases: [`stock-analysis-${component}`],
    });
    expect(networks('store')).toEqual([named('store', 'store')]);
    expect(networks('nightly')).toEqual([named('nightly', 'store')]);
    expect(networks('web')).toEqual([named('web', 'edge'), named('web', 'store')]);
  });

  test('one whose replicas are named is found by that name too', () => {
    const stack = rendered('docker', (scope) => {
      const web = new Workload(scope, 'web', service({ ports: { http: 8080 }, namesReplicas: true }));
      Environment.of(scope).connections.expose(web, 'http');
    });
    const [edge] = dockerContainer(stack, 'web').networks_advanced ?? [];
    expect(edge?.aliases).toEqual(['stock-analysis-web', 'stock-analysis-web-replicas']);
  });

  test('a container without connections has no network', () => {
    expect(container(service())).toMatchObject({ network_mode: 'none', networks_advanced: [] });
  });

  test('only what is exposed is published, and only to this machine', () => {
    expect(dockerContainer(product, 'web').ports).toEqual([{ internal: 8000, external: 8080, ip: '127.0.0.1' }]);
    expect(dockerContainer(product, 'store').ports).toEqual([]);
  });

  test('a client starts after its server, and again when that is replaced', () => {
    expect(product.resource('docker_container', 'web').depends_on).toContain('docker_container.store');
    expect(product.resource('docker_container', 'web').lifecycle?.replace_triggered_by).toContain(
      'docker_container.store',
    );
    expect(product.resource('docker_container', 'store').lifecycle?.replace_triggered_by).not.toContain(
      'docker_container.web',
    );
  });

  test('a container is replaced with the volume of its files, and so is the one that carries them', () => {
    for (const name of ['web', 'web-files']) {
      expect(product.resource('docker_container', name).lifecycle?.replace_triggered_by).toContain(
        'docker_volume.web-files',
      );
    }
  });

  test('what the provider would change in place, and does not, is a new container: its label changes', () => {
    const settings = (overrides: Parameters<typeof service>[0]) =>
      container(service(overrides)).labels?.find(({ label }) => label === 'stockanalysis.com/settings')?.value;
    const { probes } = service();
    const slower = { ...probes, readiness: { ...probes.readiness, periodSeconds: probes.readiness.periodSeconds + 1 } };
    const variants = [{}, { cpuMillicores: 999 }, { scratchMiB: { '/tmp': 7 } }, { probes: slower }].map(settings);
    expect(new Set(variants).size).toBe(variants.length);
    expect(settings({})).toBe(variants[0]);
  });
});

describe('the command', () => {
  test('is the image’s when none is given', () => {
    const { entrypoint, command } = container(service());
    expect([entrypoint, command]).toEqual([undefined, undefined]);
  });

  test('replaces that of the image as a whole', () => {
    expect(container(service({ command: ['serve', '-v'] })).entrypoint).toEqual(['serve', '-v']);
  });

  test('the environment is set as the contract says, sorted', () => {
    expect(dockerContainer(product, 'web').env).toEqual([
      'MODE=busy',
      'STORE_PASSWORD_FILE=/etc/stock-analysis/store-password',
      'STORE_URL=store://stock-analysis-store:5000',
    ]);
  });
});

describe('preparations, run by a real shell', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'preparations-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /** Runs the container of the preparations as the engine would: the entrypoint and then the command. */
  function prepare(...preparations: string[][]) {
    const stack = rendered('docker', (scope) => {
      const steps = preparations.map((command, index) => ({ name: `step-${index}`, command }));
      new Workload(scope, 'web', service({ command: ['serve'], preparations: steps }));
    });
    const { entrypoint = [], command: words = [] } = dockerContainer(stack, 'web-preparation');
    const [program = '', ...args] = [...entrypoint, ...words].map(literal);
    const { stdout, stderr, status, error } = spawnSync(program, args, { cwd: directory, timeout: 10_000 });
    if (error) throw error;
    return { out: `${stdout}`, err: `${stderr}`, status };
  }

  test('come in their order', () => {
    expect(prepare(['echo', 'one'], ['echo', 'two'])).toEqual({ out: 'one\ntwo\n', err: '', status: 0 });
  });

  test('are run again until all of them succeed', () => {
    const fragile = ['sh', '-c', 'echo tried; test -e done || { touch done; exit 7; }'];
    expect(prepare(fragile, ['echo', 'next'])).toMatchObject({ out: 'tried\ntried\nnext\n', status: 0 });
  });

  test('reach their program word by word, whatever the words are', () => {
    const word = fc.oneof(
      fc.constantFrom("it's", '$HOME', '`id`', '"', '\\', '* ?', '', ' ', '-n', ';', '&&', "'\\''", '\n', '#', '!x'),
      fc.string().filter((text) => !text.includes('\0')),
    );
    const words = fc.array(word, { minLength: 1, maxLength: 4 });
    const show = ['sh', '-c', 'for word; do printf "<%s>" "$word"; done', 'sh'];
    fc.assert(
      fc.property(words, words, (first, second) => {
        const { out, err } = prepare([...show, ...first], [...show, ...second]);
        expect([out, err]).toEqual([[...first, ...second].map((text) => `<${text}>`).join(''), '']);
      }),
      { numRuns: 25 },
    );
  });
});
