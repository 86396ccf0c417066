import { join } from 'node:path';
import { HelmProvider } from '@cdktf/provider-helm/lib/provider';
import { Release } from '@cdktf/provider-helm/lib/release';
import { LimitRangeV1 } from '@cdktf/provider-kubernetes/lib/limit-range-v1';
import { NamespaceV1 } from '@cdktf/provider-kubernetes/lib/namespace-v1';
import { NetworkPolicyV1 } from '@cdktf/provider-kubernetes/lib/network-policy-v1';
import { PriorityClassV1 } from '@cdktf/provider-kubernetes/lib/priority-class-v1';
import { KubernetesProvider } from '@cdktf/provider-kubernetes/lib/provider';
import { ResourceQuotaV1 } from '@cdktf/provider-kubernetes/lib/resource-quota-v1';
import { SecretV1 } from '@cdktf/provider-kubernetes/lib/secret-v1';
import { TerraformAsset, type TerraformResource } from 'cdktf';
import { providers } from '../../config/versions';
import { type Boundary, namespaceOf } from './boundary';
import { outside } from './connections';
import { type CustomObject, isCustomKind } from './custom-object';
import { isText, type ReadableSecret } from './files';
import type { Ingress } from './ingress';
import { renderIngress, renderLoadBalancer } from './kubernetes-entrances';
import { type KubernetesObject, KubernetesWorkload } from './kubernetes-workload';
import { partOfSystem, selectorLabels, systemLabels } from './labels';
import { lifetimeAnnotations } from './lifetime';
import type { LoadBalancer } from './load-balancer';
import { marked } from './metadata';
import { clusterName, resourceName, systemName } from './naming';
import type { Peer } from './peer';
import { makesPriorities, type Priority, priorityClassName, priorityValues } from './priority';
import { dockerConfigJson, pullSecretOf, type RegistryLogin, registryPassword } from './registry-login';
import type { Secret } from './secret';
import { startAfter } from './start-order';
import type { Target, TargetProps } from './target';
import { boundaryOf, Workload, type WorkloadProps } from './workload';

/** Kubernetes minor version whose Pod Security rules are meant; `latest` would change under us. */
const podSecurityVersion = 'v1.34';

/** Any Kubernetes: typed resources of provider 2.38, and one Helm chart of ours for what that provider cannot say. */
export class KubernetesTarget implements Target {
  private readonly rendered = new Map<Peer, TerraformResource>();
  private readonly secrets = new Map<ReadableSecret, TerraformResource>();
  private readonly chartObjects: KubernetesObject[] = [];
  private readonly customObjects: KubernetesObject[] = [];

  /** Which cluster: the environment's context, of the kubeconfig that KUBE_CONFIG_PATH names while Terraform runs. */
  constructor(private readonly props: TargetProps) {
    const { kubernetesContext, cluster } = props.environment.config;
    new KubernetesProvider(props.stack, 'kubernetes', {
      configContext: kubernetesContext,
      ignoreLabels: cluster?.ignoredLabels,
      ignoreAnnotations: cluster?.ignoredAnnotations,
    });
  }

  renderBoundary(boundary: Boundary): void {
    const { of, quota } = boundary.props;
    const { environment } = this.props;
    const { config } = environment;
    if (of === 'workloads' && makesPriorities(config)) this.addPriorities(boundary);
    if (of === 'agents' && !environment.all(Workload).some(({ props }) => boundaryOf(props.kind) === of)) return;
    const id = (kind: string) => (of === 'workloads' ? kind : `${kind}.${of}-${kind}`);
    const isExisting = config.cluster?.existingNamespace ?? false;
    const inNamespace = { dependsOn: isExisting ? undefined : [this.addNamespace(boundary, id('namespace'))] };
    const metadata = (name: string) =>
      marked(config, { name, namespace: namespaceOf(config, of), labels: { ...systemLabels } });
    if (config.images.registryLogin) {
      this.addPullSecret(boundary, id('registry'), config.images.registryLogin, inNamespace);
    }
    new NetworkPolicyV1(boundary, id('default-deny'), {
      ...inNamespace,
      metadata: metadata('default-deny'),
      // Whoever else is in a namespace of others goes on as before.
      spec: { podSelector: isExisting ? { matchLabels: { ...partOfSystem } } : {}, policyTypes: ['Ingress', 'Egress'] },
    });
    if (isExisting) return;
    if (quota) {
      new ResourceQuotaV1(boundary, id('quota'), {
        ...inNamespace,
        metadata: metadata(resourceName(config, 'quota')),
        spec: {
          hard: {
            'limits.cpu': `${quota.cpuMillicores}m`,
            'limits.memory': `${quota.memoryMiB}Mi`,
            'requests.storage': `${quota.storageGiB}Gi`,
            pods: `${quota.pods}`,
          },
        },
      });
    }
    new LimitRangeV1(boundary, id('limits'), {
      ...inNamespace,
      metadata: metadata(resourceName(config, 'limits')),
      spec: {
        limit: [
          {
            type: 'Container',
            default: { cpu: '250m', memory: '256Mi', 'ephemeral-storage': '256Mi' },
            defaultRequest: { cpu: '100m', memory: '128Mi', 'ephemeral-storage': '64Mi' },
          },
        ],
      },
    });
  }

  private addNamespace(boundary: Boundary, id: string): NamespaceV1 {
    const { of } = boundary.props;
    const { config } = this.props.environment;
    return new NamespaceV1(boundary, id, {
      metadata: marked(config, {
        name: namespaceOf(config, of),
        labels: { ...systemLabels, ...podSecurityLabels(of === 'agents' ? 'privileged' : 'restricted') },
        annotations: lifetimeAnnotations(config),
      }),
      timeouts: { delete: '10m' },
      // Claims and secrets would go with it; agents have none.
      lifecycle: of === 'workloads' ? { preventDestroy: config.deletionProtection } : undefined,
    });
  }

  private addPriorities(boundary: Boundary): void {
    const { config } = this.props.environment;
    for (const priority of Object.keys(priorityValues) as Priority[]) {
      new PriorityClassV1(boundary, priority, {
        metadata: marked(config, { name: priorityClassName(config, priority), labels: { ...systemLabels } }),
        value: priorityValues[priority],
      });
    }
  }

  /** The password exists only while Terraform applies: an ephemeral value, written and kept nowhere but in the cluster. */
  renderSecret(secret: Secret): void {
    const password = `password-${secret.label}`;
    if (secret.givenKeys.length === 0) {
      this.props.stack.addOverride('terraform.required_providers.random', providers.random);
      this.props.stack.addOverride(`ephemeral.random_password.${password}`, { length: 32, special: false });
    }
    for (const key of secret.givenKeys) {
      this.addGiven(secret.variableName(key), `${key} of ${secret.component}`);
    }
    const rendered = new SecretV1(secret, secret.label, {
      metadata: marked(this.props.environment.config, {
        name: secret.name,
        namespace: secret.namespace,
        labels: {
          ...selectorLabels(secret.component, resourceName(this.props.environment.config, secret.component)),
          ...systemLabels,
        },
      }),
      dataWo: secret.contents(
        `\${ephemeral.random_password.${password}.result}`,
        (key) => `\${var.${secret.variableName(key)}}`,
      ),
      // Without a revision the provider writes an empty Secret.
      dataWoRevision: secret.revision,
      lifecycle: { preventDestroy: this.props.environment.config.deletionProtection },
    });
    this.secrets.set(secret, rendered);
    for (const key of secret.revision > 1 ? secret.givenKeys : []) {
      this.refuseWithoutText(secret.variableName(key), rendered);
    }
  }

  /** The Secret that pods of a namespace pull by. Without a password no image comes, so the first one has to be given too. */
  private addPullSecret(boundary: Boundary, id: string, login: RegistryLogin, inNamespace: InNamespace): void {
    const { config } = this.props.environment;
    this.addGiven(registryPassword, `password of ${login.username} at ${login.registry}`);
    const rendered = new SecretV1(boundary, id, {
      ...inNamespace,
      metadata: marked(config, {
        name: pullSecretOf(config) as string,
        namespace: namespaceOf(config, boundary.props.of),
        labels: { ...systemLabels },
      }),
      type: 'kubernetes.io/dockerconfigjson',
      dataWo: { '.dockerconfigjson': dockerConfigJson(login) },
      dataWoRevision: login.passwordRevision,
    });
    this.refuseWithoutText(registryPassword, rendered);
  }

  /** A text that people have: known only while Terraform applies. */
  private addGiven(variable: string, what: string): void {
    this.props.stack.addOverride(`variable.${variable}`, {
      description: `${what}; written when it is new or the secret's revision is raised`,
      type: 'string',
      default: '',
      ephemeral: true,
      sensitive: true,
    });
  }

  /**
   * Whoever raises a revision has to give the text too, or it would be written as empty. A resource's condition may not
   * look at what is kept nowhere; a command may, and runs when the revision is another. Terraform hides what the command
   * prints, because the text is secret, and shows the command.
   */
  private refuseWithoutText(variable: string, rendered: SecretV1): void {
    const id = `given-${rendered.friendlyUniqueId}`;
    this.props.stack.addOverride(`resource.terraform_data.${id}`, {
      triggers_replace: [rendered.dataWoRevisionInput],
      provisioner: [
        {
          'local-exec': {
            command: `test -n "$TEXT" # TF_VAR_${variable} is empty; give it where its revision is raised`,
            environment: { TEXT: `\${var.${variable}}` },
          },
        },
      ],
    });
    rendered.addOverride('depends_on', [`terraform_data.${id}`]);
  }

  renderWorkload(workload: Workload): void {
    const rendering = new KubernetesWorkload(workload, 'kubernetes', { workload, priority: this.props.priority });
    this.rendered.set(workload, rendering.main);
    this.chartObjects.push(...rendering.chartObjects);
  }

  renderLoadBalancer(entrance: LoadBalancer): void {
    renderLoadBalancer(entrance);
  }

  renderIngress(entrance: Ingress): void {
    renderIngress(entrance);
  }

  renderCustomObject({ props }: CustomObject): void {
    const { component, suffix, isClusterScoped = false, labels, annotations = {}, body, apiVersion, kind } = props;
    const { config } = this.props.environment;
    const parts = [component, ...(suffix ? [suffix] : [])];
    const name = isClusterScoped ? clusterName(config, ...parts) : resourceName(config, ...parts);
    const object = {
      apiVersion,
      kind,
      metadata: marked(config, {
        name,
        ...(!isClusterScoped && { namespace: config.namespace }),
        labels: { ...selectorLabels(component, resourceName(config, component)), ...systemLabels, ...labels },
        annotations,
      }),
      ...body,
    };
    (isCustomKind(apiVersion) ? this.customObjects : this.chartObjects).push(object);
  }

  /** What needs all workloads of the stack: start order, and the release with the disruption budgets. */
  finish(): void {
    for (const { from, to } of this.props.environment.connections.startOrder) {
      const client = from === outside ? undefined : this.rendered.get(from);
      const server = this.rendered.get(to);
      if (client && server) startAfter(client, server);
    }
    for (const workload of this.props.environment.all(Workload)) this.startAfterSecrets(workload);
    this.proveImagesFirst();
    if (this.mine().some(isAutoscaled)) this.warnWithoutMetrics();
    if (this.chartObjects.length + this.customObjects.length > 0) this.installObjects();
  }

  /** A pod that is made before a Secret that it mounts waits for it, and says that its container cannot be made. */
  private startAfterSecrets(workload: Workload): void {
    const resource = this.rendered.get(workload);
    if (!resource) return;
    for (const source of Object.values(workload.preparationFiles)) {
      const secret = isText(source) ? undefined : this.secrets.get(source.secret);
      if (secret) startAfter(resource, secret);
    }
  }

  /** Nobody waits for a schedule's next run: it gets an image once the services of the same image have started with it. */
  private proveImagesFirst(): void {
    const workloads = this.props.environment.all(Workload);
    const ofKind = (kind: WorkloadProps['kind']) =>
      workloads.flatMap((workload) => {
        const resource = this.rendered.get(workload);
        return resource && workload.props.kind === kind ? [{ image: workload.props.image.reference, resource }] : [];
      });
    for (const scheduled of ofKind('scheduled')) {
      const proving = ofKind('service').filter(({ image }) => image === scheduled.image);
      for (const service of proving) startAfter(scheduled.resource, service.resource);
    }
  }

  private mine(): Workload[] {
    return this.props.environment.all(Workload).filter((workload) => this.rendered.has(workload));
  }

  /** Without the resource metrics of the cluster an autoscaler never scales, and an apply would say nothing of it. */
  private warnWithoutMetrics(): void {
    const isAvailable = 'c.type == "Available" && c.status == "True"';
    this.props.stack.addOverride('check.metrics-server', {
      data: {
        kubernetes_resource: {
          'metrics-server': {
            api_version: 'apiregistration.k8s.io/v1',
            kind: 'APIService',
            metadata: { name: 'v1beta1.metrics.k8s.io' },
          },
        },
      },
      assert: [
        {
          condition: `\${anytrue([for c in data.kubernetes_resource.metrics-server.object.status.conditions : ${isAvailable}])}`,
          error_message:
            'The cluster has no metrics-server that answers: the autoscalers keep the fewest replicas whatever the load. See docs/runbooks/AutoscalerBlind.md.',
        },
      ],
    });
  }

  /** A kind has to be known before an object of it is installed: those of custom kinds come last of their stack. */
  private installObjects(): void {
    const { kubernetesContext } = this.props.environment.config;
    new HelmProvider(this.props.stack, 'helm', { kubernetes: { configContext: kubernetesContext } });
    // The asset's path holds the hash of the chart: an edit of the chart is a change of the release.
    const chart = new TerraformAsset(this.props.stack, 'objects', {
      path: join(__dirname, '../../charts/objects'),
    });
    const name = `${systemName}-${this.props.unit}`;
    const builtIn = this.install('release', name, chart, this.chartObjects);
    this.install('release.custom', `${name}-custom`, chart, this.customObjects, [
      ...this.rendered.values(),
      ...(builtIn ? [builtIn] : []),
    ]);
  }

  private install(
    id: string,
    name: string,
    chart: TerraformAsset,
    objects: readonly KubernetesObject[],
    dependsOn?: TerraformResource[],
  ): Release | undefined {
    if (objects.length === 0) return undefined;
    return new Release(this.props.stack, id, {
      dependsOn,
      name,
      namespace: this.props.environment.config.namespace,
      chart: chart.path,
      values: [JSON.stringify({ objects }, null, 2)],
      atomic: true,
      cleanupOnFail: true,
      maxHistory: 5,
      timeout: 300,
    });
  }
}

/** Before what is in a namespace, where we make that. */
type InNamespace = { readonly dependsOn: TerraformResource[] | undefined };

const isAutoscaled = ({ props }: Workload): boolean => props.kind === 'service' && !('replicas' in props.scale);

/** Agents are the one exception: what they need of their node no other level lets them have. */
const podSecurityLabels = (level: 'restricted' | 'privileged') =>
  Object.fromEntries(
    ['enforce', 'audit', 'warn'].flatMap((mode) => [
      [`pod-security.kubernetes.io/${mode}`, level],
      [`pod-security.kubernetes.io/${mode}-version`, podSecurityVersion],
    ]),
  );
