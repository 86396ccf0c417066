import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Image } from '@cdktf/provider-docker/lib/image';
import { Network } from '@cdktf/provider-docker/lib/network';
import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { rootFromStack } from './backend';
import type { Boundary } from './boundary';
import { outside } from './connections';
import type { CustomObject } from './custom-object';
import { DockerWorkload, departureNetwork, edgeNetwork, networkOf } from './docker-workload';
import type { ContainerImage, ImageBuild } from './image';
import type { Ingress } from './ingress';
import { systemLabels } from './labels';
import type { LoadBalancer } from './load-balancer';
import type { Peer } from './peer';
import { type RegistryLogin, registryPassword } from './registry-login';
import type { Target, TargetProps } from './target';
import { Workload } from './workload';

/** One Docker engine: the one of DOCKER_HOST, or of this machine. What Compose would do, planned and with a state. */
export class DockerTarget implements Target {
  private readonly rendered = new Map<Peer, DockerWorkload>();
  private readonly images = new Map<string, Image>();

  constructor(private readonly props: TargetProps) {
    const { registryLogin } = props.environment.config.images;
    new DockerProvider(props.stack, 'docker', { registryAuth: registryLogin && [this.authOf(registryLogin)] });
  }

  private authOf({ registry, username }: RegistryLogin) {
    this.props.stack.addOverride(`variable.${registryPassword}`, {
      description: `password of ${username} at ${registry}`,
      type: 'string',
      ephemeral: true,
      sensitive: true,
    });
    return { address: registry, username, password: `\${var.${registryPassword}}` };
  }

  /** One network for each server: a container reaches what it is connected to, and at most the other clients of that. */
  renderBoundary(boundary: Boundary): void {
    // Networks are the same for all, and made once.
    if (boundary.props.of !== 'workloads') return;
    const { config } = this.props.environment;
    const { edges } = this.props.environment.connections;
    const servers = new Set<Peer>([
      ...edges.filter(({ from, to }) => from !== outside && to.pods).map(({ to }) => to),
      ...this.props.environment.all(Workload).filter(({ companion }) => companion),
    ]);
    const labels = Object.entries(systemLabels).map(([label, value]) => ({ label, value }));
    for (const server of servers) {
      new Network(boundary, `network.${server.component}`, { name: networkOf(server), internal: true, labels });
    }
    if (edges.some(({ from }) => from === outside)) {
      new Network(boundary, 'network.edge', { name: edgeNetwork(config), labels });
    }
    if (edges.some(({ to }) => !to.pods))
      new Network(boundary, 'network.departure', { name: departureNetwork(config), labels });
  }

  /** Nothing to plan: its values are files outside git, uploaded by the workloads that read them. */
  renderSecret(): void {}

  renderWorkload(workload: Workload): void {
    const image = this.image(workload.props.image);
    const companionImage = workload.companion && this.image(workload.companion.image);
    this.rendered.set(workload, new DockerWorkload(workload, 'docker', { workload, image, companionImage }));
  }

  renderLoadBalancer({ props: { workload } }: LoadBalancer): void {
    this.refuse(workload.component, 'LoadBalancer');
  }

  renderIngress({ props: { workload } }: Ingress): void {
    this.refuse(workload.component, 'Ingress');
  }

  renderCustomObject({ props: { component, kind } }: CustomObject): void {
    this.refuse(component, kind);
  }

  private refuse(component: string, kind: string): never {
    throw new Error(
      `component "${component}": a ${kind} is an object of Kubernetes, and environment "${this.props.environment.config.name}" is on Docker; leave the component out of it, or the object out of the component`,
    );
  }

  /** A container starts after what it connects to, and again when that is replaced: it may have looked up its address once. */
  finish(): void {
    for (const { from, to } of this.props.environment.connections.startOrder) {
      const client = from === outside ? undefined : this.rendered.get(from);
      const server = this.rendered.get(to);
      if (client && server) client.startAfter(server);
    }
  }

  private image(image: ContainerImage): Image {
    const known = this.images.get(image.reference);
    if (known) return known;
    const made = new Image(this.props.stack, `image.${shortName(image.reference)}`, {
      name: image.reference,
      keepLocally: true,
      ...(image.build && this.build(image.build)),
    });
    this.images.set(image.reference, made);
    return made;
  }

  private build({ dockerfile, args, sources }: ImageBuild) {
    return {
      buildAttribute: { context: rootFromStack, dockerfile, buildArgs: { ...args } },
      triggers: { sources: sourcesFingerprint(sources), ...args },
      timeouts: { create: '20m' },
    };
  }
}

/** `registry/path/name:tag` without all but the name. */
const shortName = (reference: string) => reference.replace(/@.*$/, '').replace(/^.*\//, '').replace(/:.*$/, '');

/** The same for the same files, wherever and in whatever order they lie on the disk. */
function sourcesFingerprint(sources: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of sources.flatMap(filesBelow).sort()) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(repositoryRoot, path)))
      .update('\0');
  }
  return hash.digest('hex');
}

const repositoryRoot = join(__dirname, '../..');

function filesBelow(path: string): string[] {
  const whole = join(repositoryRoot, path);
  if (!statSync(whole).isDirectory()) return [path];
  return readdirSync(whole).flatMap((name) => filesBelow(`${path}/${name}`));
}
