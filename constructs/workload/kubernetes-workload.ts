import { ClusterRoleBindingV1 } from '@cdktf/provider-kubernetes/lib/cluster-role-binding-v1';
import { ClusterRoleV1 } from '@cdktf/provider-kubernetes/lib/cluster-role-v1';
import { ConfigMapV1 } from '@cdktf/provider-kubernetes/lib/config-map-v1';
import { CronJobV1 } from '@cdktf/provider-kubernetes/lib/cron-job-v1';
import { DaemonSetV1 } from '@cdktf/provider-kubernetes/lib/daemon-set-v1';
import {
  DeploymentV1,
  type DeploymentV1SpecTemplate,
  type DeploymentV1SpecTemplateSpec,
  type DeploymentV1SpecTemplateSpecContainer,
  type DeploymentV1SpecTemplateSpecContainerLivenessProbe,
  type DeploymentV1SpecTemplateSpecContainerVolumeMount,
  type DeploymentV1SpecTemplateSpecVolume,
} from '@cdktf/provider-kubernetes/lib/deployment-v1';
import { HorizontalPodAutoscalerV2 } from '@cdktf/provider-kubernetes/lib/horizontal-pod-autoscaler-v2';
import { JobV1 } from '@cdktf/provider-kubernetes/lib/job-v1';
import { NetworkPolicyV1, type NetworkPolicyV1Spec } from '@cdktf/provider-kubernetes/lib/network-policy-v1';
import { PersistentVolumeClaimV1 } from '@cdktf/provider-kubernetes/lib/persistent-volume-claim-v1';
import { RoleBindingV1 } from '@cdktf/provider-kubernetes/lib/role-binding-v1';
import { RoleV1 } from '@cdktf/provider-kubernetes/lib/role-v1';
import { ServiceAccountV1 } from '@cdktf/provider-kubernetes/lib/service-account-v1';
import { ServiceV1, type ServiceV1Spec } from '@cdktf/provider-kubernetes/lib/service-v1';
import { StatefulSetV1 } from '@cdktf/provider-kubernetes/lib/stateful-set-v1';
import type { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { maxReplicas } from '../../config/fields';
import { resourceId } from './address';
import type { ClusterAccess } from './cluster-access';
import { outside } from './connections';
import { claimOf, type DataVolume, dataVolumeName } from './data-volume';
import { Environment } from './environment';
import { type Files, filesFingerprint, fingerprint, isText, type TextFile, textOf } from './files';
import { namespacesOf } from './instances';
import { commonLabels, runningLabels } from './labels';
import { literal } from './literal';
import { marked } from './metadata';
import { clusterName } from './naming';
import { clusterApi, dnsRules, outsideNetworks } from './outside-networks';
import type { Peer, Pods, Protocol } from './peer';
import { placementOf } from './placement';
import type { Priority } from './priority';
import { pullSecretOf } from './registry-login';
import { startAfter } from './start-order';
import {
  type AgentProps,
  type Companion,
  filesDirectory,
  isLongRunning,
  type LongRunningProps,
  type OnceProps,
  type Probe,
  type ScheduledProps,
  type ServiceProps,
  type StatefulProps,
  type Workload,
  type WorkloadProps,
} from './workload';

export interface KubernetesWorkloadProps {
  readonly workload: Workload;
  readonly priority: Priority;
}

/** An object that is installed by our chart because provider 2.38 cannot express it. */
export type KubernetesObject = Readonly<Record<string, unknown>> & { readonly kind: string };

/** Time to pull an image and to run the preparations, beside what the startup probe allows. */
const arrivalSeconds = 120;

/** Time for each further replica: image and preparations are there. */
const nextStartSeconds = 60;

/**
 * Kubernetes' word for none; an apply has its own. A deployment that has once exceeded one says so until its next
 * progress, and provider 2.38 takes that for a failure of the rollout that goes back to what still runs.
 */
const noDeadline = 2_147_483_647;

/** What `kubectl rollout restart` writes into a pod template: somebody wanted it, and no plan takes it back. */
const restartMark = ['spec[0].template[0].metadata[0].annotations["kubectl.kubernetes.io/restartedAt"]'];

/** Container storage beside the scratch directories: logs, in MiB. */
const logStorageMiB = 128;

/**
 * A workload as typed Kubernetes resources, each fit for Pod Security `restricted`: a ServiceAccount without token,
 * a Deployment, StatefulSet or CronJob, its Service, ConfigMap, claim and autoscaler, and one NetworkPolicy made of the
 * recorded connections.
 */
export class KubernetesWorkload extends Construct {
  /** What has to be there before a client of the workload starts. */
  readonly main: TerraformResource;
  readonly chartObjects: readonly KubernetesObject[];
  private readonly workload: Workload;
  private readonly priority: Priority;
  private readonly environment: Environment;
  private readonly labels: Record<string, string>;
  private readonly podLabels: Record<string, string>;

  constructor(scope: Construct, id: string, props: KubernetesWorkloadProps) {
    super(scope, id);
    this.workload = props.workload;
    this.priority = props.priority;
    this.environment = Environment.of(props.workload);
    const labelled = { ...props.workload.props, name: props.workload.name };
    this.labels = commonLabels(labelled);
    this.podLabels = runningLabels(labelled, props.workload.props.image.version);

    const before = [
      this.addServiceAccount(),
      this.addNetworkPolicy(),
      ...this.addConfigMap(),
      ...this.addService(),
      ...this.addClusterAccess(),
    ];
    this.main = this.addController();
    startAfter(this.main, ...before);
    // A drain takes agents along, and waits for what runs to its end.
    this.chartObjects = ['service', 'stateful'].includes(this.workload.props.kind) ? [this.disruptionBudget()] : [];
  }

  private addController(): TerraformResource {
    const { props } = this.workload;
    switch (props.kind) {
      case 'service':
        return this.addDeployment(props);
      case 'stateful':
        return this.addStatefulSet(props);
      case 'scheduled':
        return this.addCronJob(props);
      case 'agent':
        return this.addDaemonSet(props);
      case 'once':
        return this.addJob(props);
    }
  }

  private addDeployment(props: ServiceProps): TerraformResource {
    const fixed = 'replicas' in props.scale;
    const deployment = new DeploymentV1(this, resourceId(this.workload, 'deployment'), {
      metadata: this.metadata(),
      spec: {
        replicas: 'replicas' in props.scale ? `${props.scale.replicas}` : undefined,
        revisionHistoryLimit: 5,
        progressDeadlineSeconds: noDeadline,
        selector: { matchLabels: { ...this.workload.pods.labels } },
        strategy:
          props.update === 'recreate'
            ? { type: 'Recreate' }
            : { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '0', maxSurge: '1' } },
        template: this.podTemplate({
          ...this.podSpec(),
          initContainer: props.preparations?.map(({ name, command }) => ({
            ...this.container(),
            name,
            command: command.map(literal),
            env: variables(this.workload.preparationEnvironment),
            volumeMount: this.preparationVolumes().map(({ mount }) => mount),
            startupProbe: undefined,
            readinessProbe: undefined,
            livenessProbe: undefined,
            port: undefined,
            lifecycle: undefined,
          })),
        }),
      },
      timeouts: timeouts(longestStartSeconds(props) + (maxReplicas(props.scale) - 1) * nextStartSeconds),
      lifecycle: { ignoreChanges: [...restartMark, ...(fixed ? [] : ['spec[0].replicas'])] },
    });
    if (!('replicas' in props.scale)) this.addAutoscaler(props.scale);
    return deployment;
  }

  private addAutoscaler(scale: { minReplicas: number; maxReplicas: number; cpuPercent: number }): void {
    new HorizontalPodAutoscalerV2(this, resourceId(this.workload, 'autoscaler'), {
      metadata: this.metadata(),
      spec: {
        minReplicas: scale.minReplicas,
        maxReplicas: scale.maxReplicas,
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: this.workload.name },
        metric: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: scale.cpuPercent } },
          },
        ],
      },
    });
  }

  /** None where it exists already. */
  private addClaim(volume: DataVolume): PersistentVolumeClaimV1[] {
    const { name, isExisting, storageClass } = claimOf(this.environment.config, this.workload, volume);
    if (isExisting) return [];
    const claim = new PersistentVolumeClaimV1(this, resourceId(this.workload, 'claim', dataVolumeName(volume)), {
      metadata: { ...this.metadata(), name },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: storageClass,
        resources: { requests: { storage: `${volume.sizeGiB}Gi` } },
      },
      // A class that waits for the first pod would never bind before there is one.
      waitUntilBound: false,
      lifecycle: { preventDestroy: this.environment.config.deletionProtection },
    });
    return [claim];
  }

  private addStatefulSet(props: StatefulProps): TerraformResource {
    const claims = props.volumes.flatMap((volume) => this.addClaim(volume));
    for (const kept of props.keptVolumes ?? []) this.addClaim(kept);
    return new StatefulSetV1(this, resourceId(this.workload, 'statefulset'), {
      dependsOn: claims.length > 0 ? claims : undefined,
      metadata: this.metadata(),
      spec: {
        replicas: '1',
        serviceName: this.workload.name,
        // In order, a pod that cannot start is waited for and never replaced by one that can.
        podManagementPolicy: 'Parallel',
        selector: { matchLabels: { ...this.workload.pods.labels } },
        updateStrategy: [{ type: 'RollingUpdate' }],
        template: this.podTemplate(this.podSpec()),
      },
      // The pod before it has to be gone first.
      timeouts: timeouts(stopSeconds(props) + longestStartSeconds(props)),
      lifecycle: { ignoreChanges: restartMark },
    });
  }

  private addCronJob(props: ScheduledProps): TerraformResource {
    return new CronJobV1(this, resourceId(this.workload, 'cronjob'), {
      metadata: this.metadata(),
      spec: {
        schedule: props.schedule,
        timezone: props.timeZone,
        concurrencyPolicy: 'Forbid',
        startingDeadlineSeconds: 3600,
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 3,
        jobTemplate: {
          metadata: marked(this.environment.config, { labels: this.labels }),
          spec: {
            backoffLimit: 2,
            activeDeadlineSeconds: props.timeLimitSeconds,
            template: this.podTemplate({ ...this.podSpec(), restartPolicy: 'Never' }),
          },
        },
      },
    });
  }

  private addDaemonSet(props: AgentProps): TerraformResource {
    return new DaemonSetV1(this, resourceId(this.workload, 'daemonset'), {
      metadata: this.metadata(),
      spec: {
        selector: { matchLabels: { ...this.workload.pods.labels } },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '1' } },
        template: this.podTemplate({
          ...this.podSpec(),
          hostNetwork: props.host.network ? true : undefined,
          // With the network of the node come its name servers; the cluster's are still wanted.
          dnsPolicy: props.host.network ? 'ClusterFirstWithHostNet' : undefined,
        }),
      },
      waitForRollout: true,
      timeouts: { create: '10m', update: '10m', delete: '10m' },
      lifecycle: { ignoreChanges: restartMark },
    });
  }

  /**
   * Its name holds what it is made of: a Job cannot be changed, and another one is another run. Nothing removes it when it
   * has ended, or the next apply would take it for lost and run it again.
   */
  private addJob(props: OnceProps): TerraformResource {
    const version = fingerprint([
      props.image.reference,
      props.command,
      this.workload.environment,
      filesFingerprint(this.workload.files),
    ]).slice(0, 8);
    return new JobV1(this, resourceId(this.workload, 'job'), {
      metadata: { ...this.metadata(), name: `${this.workload.name}-${version}` },
      spec: {
        backoffLimit: 10,
        activeDeadlineSeconds: props.timeLimitSeconds,
        template: this.podTemplate({ ...this.podSpec(), restartPolicy: 'Never' }),
      },
      waitForCompletion: true,
      timeouts: { create: `${props.timeLimitSeconds + 60}s`, update: `${props.timeLimitSeconds + 60}s` },
    });
  }

  /** A cluster-wide role is named after the environment too: another environment may be in the same cluster. */
  private addClusterAccess(): TerraformResource[] {
    const { clusterAccess } = this.workload;
    return [...new Set(clusterAccess.map((access) => access.scope))].flatMap((scope) => {
      const ofScope = clusterAccess.filter((access) => access.scope === scope);
      return this.addRoles(
        scope,
        ofScope.flatMap(({ rules }) => rules),
      );
    });
  }

  private addRoles(scope: ClusterAccess['scope'], rules: ClusterAccess['rules']): TerraformResource[] {
    const isClusterWide = scope === 'cluster';
    const name = isClusterWide ? clusterName(this.environment.config, this.workload.component) : this.workload.name;
    const rule = rules.map(({ apiGroups, resources, verbs }) => ({
      apiGroups: [...apiGroups],
      resources: [...resources],
      verbs: [...verbs],
    }));
    const own = this.workload.pods.namespace;
    const subject = [{ kind: 'ServiceAccount', name: this.workload.name, namespace: own }];
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: isClusterWide ? 'ClusterRole' : 'Role', name };
    if (isClusterWide) {
      const metadata = marked(this.environment.config, { name, labels: this.labels });
      return [
        new ClusterRoleV1(this, resourceId(this.workload, 'clusterrole'), { metadata, rule }),
        new ClusterRoleBindingV1(this, resourceId(this.workload, 'clusterrolebinding'), { metadata, roleRef, subject }),
      ];
    }
    return (scope === 'environment' ? namespacesOf(this.environment) : [own]).flatMap((namespace) => {
      const suffix = namespace === own ? [] : [namespace];
      const metadata = marked(this.environment.config, { name, labels: this.labels, namespace });
      return [
        new RoleV1(this, resourceId(this.workload, 'role', ...suffix), { metadata, rule }),
        new RoleBindingV1(this, resourceId(this.workload, 'rolebinding', ...suffix), { metadata, roleRef, subject }),
      ];
    });
  }

  private addServiceAccount(): TerraformResource {
    return new ServiceAccountV1(this, resourceId(this.workload, 'account'), {
      metadata: this.metadata(),
      automountServiceAccountToken: false,
    });
  }

  private addConfigMap(): TerraformResource[] {
    const files = textFiles(this.workload.preparationFiles);
    const data = Object.fromEntries(files.map(([path, file]) => [keyOf(path), literal(textOf(file))]));
    if (Object.keys(data).length === 0) return [];
    refuseTooLarge(this.workload.component, data);
    return [new ConfigMapV1(this, resourceId(this.workload, 'config'), { metadata: this.metadata(), data })];
  }

  /** With the ports that somebody may reach; a probe asks the pod itself, and so does who forwards a port. */
  private addService(): TerraformResource[] {
    const { replicasName } = this.workload;
    const reached = this.environment.connections.into(this.workload).map(({ port }) => port);
    const ports = this.workload.ports.filter(({ name }) => reached.includes(name));
    if (ports.length === 0) return [];
    // A StatefulSet's Service gives its pod a name, that of agents lists them; a Deployment's balances.
    const balances = !['stateful', 'agent'].includes(this.workload.props.kind);
    const service = new ServiceV1(this, resourceId(this.workload, 'service'), {
      metadata: this.metadata(),
      spec: this.serviceSpec(ports, balances),
    });
    if (replicasName === undefined) return [service];
    const ofReplicas = new ServiceV1(this, resourceId(this.workload, 'service', 'replicas'), {
      metadata: { ...this.metadata(), name: replicasName },
      spec: this.serviceSpec(ports, false),
    });
    return [service, ofReplicas];
  }

  private serviceSpec(ports: Workload['ports'], balances: boolean): ServiceV1Spec {
    return {
      type: 'ClusterIP',
      clusterIp: balances ? undefined : 'None',
      selector: this.workload.pods.labels,
      port: ports.map(({ name, number, protocol }) => ({
        name,
        port: number,
        targetPort: name,
        protocol: unlessTcp(protocol),
      })),
    };
  }

  private addNetworkPolicy(): TerraformResource {
    const { connections, config } = this.environment;
    const { pods } = this.workload;
    const ingress: NetworkPolicyV1Spec['ingress'] = connections
      .into(this.workload)
      .map(({ from, port, sources = [] }) => ({
        from: from === outside ? networksOf(sources) : addressesOf(from, pods, outsideNetworks(config)),
        ports: [portOf(this.workload, port)],
      }));
    const out = connections.outOf(this.workload);
    const egress = withoutRepetition(
      [...out.filter(({ to }) => to.pods), ...out.filter(({ to }) => !to.pods)].map(({ to, port }) => ({
        to: addressesOf(to, pods, outsideNetworks(config)),
        ports: [portOf(to, port)],
      })),
    );
    return new NetworkPolicyV1(this, resourceId(this.workload, 'policy'), {
      metadata: this.metadata(),
      spec: {
        podSelector: { matchLabels: { ...this.workload.pods.labels } },
        policyTypes: ['Ingress', 'Egress'],
        ingress,
        egress: [
          ...egress,
          ...(this.workload.clusterAccess.length > 0 ? [clusterApi(config)] : []),
          ...(egress.length > 0 || this.workload.clusterAccess.length > 0 ? dnsRules(config) : []),
        ],
      },
    });
  }

  /** At most one pod at a time is evicted; one that was not ready anyway is never what holds a drain up. */
  private disruptionBudget(): KubernetesObject {
    return {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: this.metadata(),
      spec: {
        maxUnavailable: 1,
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
        selector: { matchLabels: { ...this.workload.pods.labels } },
      },
    };
  }

  private podTemplate(spec: DeploymentV1SpecTemplateSpec): DeploymentV1SpecTemplate {
    return {
      metadata: marked(this.environment.config, {
        labels: this.podLabels,
        annotations: {
          ...this.workload.annotations,
          'stockanalysis.com/files': filesFingerprint(this.workload.preparationFiles),
        },
      }),
      spec,
    };
  }

  private podSpec(): DeploymentV1SpecTemplateSpec {
    const { props } = this.workload;
    const pullSecret = pullSecretOf(this.environment.config);
    const { user } = this;
    return {
      ...placementOf(this.environment.config, this.workload, this.priority),
      serviceAccountName: this.workload.name,
      automountServiceAccountToken: this.workload.clusterAccess.length > 0,
      enableServiceLinks: false,
      imagePullSecrets: pullSecret ? [{ name: pullSecret }] : undefined,
      terminationGracePeriodSeconds: isLongRunning(props) ? stopSeconds(props) : undefined,
      securityContext: {
        ...runningAs(user),
        fsGroup: user && `${user.gid}`,
        fsGroupChangePolicy: 'OnRootMismatch',
        seccompProfile: { type: 'RuntimeDefault' },
      },
      topologySpreadConstraint:
        props.kind === 'service'
          ? ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) => ({
              topologyKey,
              maxSkew: 1,
              whenUnsatisfiable: 'ScheduleAnyway',
              labelSelector: [{ matchLabels: { ...this.workload.pods.labels } }],
            }))
          : undefined,
      container: [this.container(), ...this.companions()],
      volume: this.podVolumes(),
    };
  }

  /** Who it runs as; where the namespace assigns users, agents alone say so themselves. */
  private get user(): User | undefined {
    const { props } = this.workload;
    const isAssigned = this.environment.config.cluster?.podUsers === 'assigned' && props.kind !== 'agent';
    return isAssigned ? undefined : props.user;
  }

  private container(): DeploymentV1SpecTemplateSpecContainer {
    const { props } = this.workload;
    const resources = resourcesOf(props, sum(Object.values(props.scratchMiB ?? {})));
    return {
      name: props.component,
      image: props.image.reference,
      imagePullPolicy: this.environment.config.images.pullPolicy,
      command: props.command?.map(literal),
      env: variables(this.workload.environment),
      port: this.workload.ownPorts.map(({ name, number, protocol }) => ({
        name,
        containerPort: number,
        protocol: unlessTcp(protocol),
      })),
      resources: { requests: resources, limits: resources },
      securityContext: confined(this.user),
      terminationMessagePolicy: 'FallbackToLogsOnError',
      volumeMount: this.volumes().map(({ mount }) => mount),
      ...(isLongRunning(props) && {
        startupProbe: kubernetesProbe(props.probes.startup),
        readinessProbe: kubernetesProbe(props.probes.readiness),
        livenessProbe: kubernetesProbe(props.probes.liveness),
        lifecycle: props.drainSeconds
          ? { preStop: [{ exec: { command: ['sleep', `${props.drainSeconds}`] } }] }
          : undefined,
      }),
    };
  }

  private companions(): DeploymentV1SpecTemplateSpecContainer[] {
    const { companion, component } = this.workload;
    if (!companion) return [];
    const resources = resourcesOf(companion);
    return [
      {
        name: `${component}-companion`,
        image: companion.image.reference,
        imagePullPolicy: this.environment.config.images.pullPolicy,
        command: companion.command.map(literal),
        env: variables(companion.environment ?? {}),
        port: Object.entries(companion.ports).map(([name, containerPort]) => ({ name, containerPort })),
        resources: { requests: resources, limits: resources },
        securityContext: confined(this.user),
        terminationMessagePolicy: 'FallbackToLogsOnError',
        livenessProbe: kubernetesProbe(companion.liveness),
      },
    ];
  }

  /** The volumes of the container and of its preparations; what both have is there once. */
  private podVolumes(): DeploymentV1SpecTemplateSpecVolume[] {
    const all = [...this.volumes(), ...this.preparationVolumes()];
    return [...new Map(all.map(({ volume }) => [volume.name, volume])).values()];
  }

  /** A secret of the preparations alone is in a volume that the container does not mount. */
  private preparationVolumes(): MountedVolume[] {
    const { files, preparationFiles } = this.workload;
    return filesFingerprint(files) === filesFingerprint(preparationFiles)
      ? this.volumes()
      : this.volumes('preparation-files', preparationFiles);
  }

  private volumes(filesName = 'files', files: Files = this.workload.files): MountedVolume[] {
    const { props } = this.workload;
    const volumes: MountedVolume[] = [];
    if (Object.keys(files).length > 0) {
      volumes.push({
        mount: { name: filesName, mountPath: filesDirectory, readOnly: true },
        volume: { name: filesName, projected: [{ defaultMode: '0440', sources: this.fileSources(files) }] },
      });
    }
    for (const [path, sizeMiB] of Object.entries(props.scratchMiB ?? {})) {
      const name = `scratch${path.replaceAll('/', '-')}`;
      const medium = path === '/dev/shm' ? 'Memory' : undefined;
      volumes.push({
        mount: { name, mountPath: path },
        volume: { name, emptyDir: { sizeLimit: `${sizeMiB}Mi`, medium } },
      });
    }
    if (props.kind === 'agent') {
      for (const { path, mountPath, isWritable = false } of props.host.paths) {
        const name = `host${mountPath.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase()}`;
        volumes.push({
          mount: {
            name,
            mountPath,
            readOnly: !isWritable,
            mountPropagation: isWritable ? undefined : 'HostToContainer',
          },
          volume: { name, hostPath: { path, type: isWritable ? 'DirectoryOrCreate' : 'Directory' } },
        });
      }
    }
    if (props.kind === 'stateful') {
      for (const [index, data] of props.volumes.entries()) {
        // The first is called so whatever its claim is called: another name is another pod, of a database too.
        const name = index === 0 ? 'data' : dataVolumeName(data);
        volumes.push({
          mount: { name, mountPath: data.path },
          volume: { name, persistentVolumeClaim: { claimName: this.workload.volumeName(data) } },
        });
      }
    }
    return volumes;
  }

  private fileSources(files: Files) {
    const paths = textFiles(files).map(([path]) => path);
    const isWhole = paths.length === textFiles(this.workload.preparationFiles).length;
    // Without a list every key is a file of its name.
    const items =
      isWhole && !paths.some((path) => path.includes('/'))
        ? undefined
        : paths.map((path) => ({ key: keyOf(path), path }));
    return [
      ...(paths.length > 0 ? [{ configMap: [{ name: this.workload.name, items }] }] : []),
      ...Object.entries(files).flatMap(([path, source]) =>
        !isText(source) ? [{ secret: [{ name: source.secret.name, items: [{ key: source.key, path }] }] }] : [],
      ),
    ];
  }

  private metadata() {
    return marked(this.environment.config, {
      name: this.workload.name,
      namespace: this.workload.pods.namespace,
      labels: this.labels,
    });
  }
}

const textFiles = (files: Files): Array<[path: string, file: TextFile]> =>
  Object.entries(files).flatMap(
    ([path, source]): Array<[string, TextFile]> => (isText(source) ? [[path, source]] : []),
  );

/** A ConfigMap's key has no "/"; two that a path could not hold tell it apart. */
const keyOf = (path: string) => path.replaceAll('/', '..');

/** What a ConfigMap holds at most, keys and texts together. */
const mostConfigBytes = 1024 * 1024;

function refuseTooLarge(component: string, data: Readonly<Record<string, string>>): void {
  const bytes = Object.entries(data).reduce((sum, entry) => sum + Buffer.byteLength(entry.join('')), 0);
  if (bytes > mostConfigBytes) {
    throw new Error(
      `workload "${component}": its files are ${bytes} bytes, allowed: ${mostConfigBytes} in a ConfigMap; put less into one component`,
    );
  }
}

interface MountedVolume {
  readonly mount: DeploymentV1SpecTemplateSpecContainerVolumeMount;
  readonly volume: DeploymentV1SpecTemplateSpecVolume;
}

/** What does not run after this long never will: a wrong image, a full cluster. */
const longestStartSeconds = ({ probes: { startup } }: LongRunningProps) =>
  arrivalSeconds + startup.periodSeconds * startup.failureThreshold;

/** The time a pod has from the decision to stop it to SIGKILL, which for Kubernetes holds what runs before the signal. */
const stopSeconds = ({ drainSeconds = 0, terminationGracePeriodSeconds = 30 }: LongRunningProps) =>
  drainSeconds + terminationGracePeriodSeconds;

/** How long an apply waits, with the state locked. */
const timeouts = (seconds: number) => ({ create: `${seconds}s`, update: `${seconds}s`, delete: '10m' });

const resourcesOf = ({ cpuMillicores, memoryMiB }: Companion | WorkloadProps, scratchMiB = 0) => ({
  cpu: `${cpuMillicores}m`,
  memory: `${memoryMiB}Mi`,
  'ephemeral-storage': `${logStorageMiB + scratchMiB}Mi`,
});

type User = WorkloadProps['user'];

/** Nobody in particular is whoever the namespace assigns, never root. */
const runningAs = (user: User | undefined) => ({
  runAsNonRoot: user?.uid !== 0,
  runAsUser: user && `${user.uid}`,
  runAsGroup: user && `${user.gid}`,
});

/** Said on the container as on the pod: what is not set there is sent as false, and refused. */
const confined = (user: User | undefined) => ({
  privileged: false,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  ...runningAs(user),
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
});

const variables = (environment: Readonly<Record<string, string>>) =>
  Object.entries(environment).map(([name, value]) => ({ name, value: literal(value) }));

const kubernetesProbe = (probe: Probe): DeploymentV1SpecTemplateSpecContainerLivenessProbe => ({
  ...(probe.check.http ? { httpGet: probe.check.http } : { exec: { command: probe.check.command?.map(literal) } }),
  periodSeconds: probe.periodSeconds,
  timeoutSeconds: probe.timeoutSeconds,
  failureThreshold: probe.failureThreshold,
});

const portOf = (peer: Peer, port: string) => ({ port: `${peer.port(port)}`, protocol: peer.protocol(port) });

/** TCP is what is meant where nothing is said. */
const unlessTcp = (protocol: Protocol) => (protocol === 'TCP' ? undefined : protocol);

/** Nobody named is everybody. */
const networksOf = (sources: readonly string[]) =>
  sources.length === 0 ? undefined : sources.map((cidr) => ({ ipBlock: { cidr } }));

/** Where a peer is, as a policy of pods in `own` namespace says it. */
const addressesOf = ({ pods }: Peer, own: Pods, outside: ReturnType<typeof outsideNetworks>) => {
  if (!pods) return outside;
  const podSelector = { matchLabels: { ...pods.labels } };
  if (pods.namespace === own.namespace) return [{ podSelector }];
  return [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': pods.namespace } }, podSelector }];
};

/** Two hosts outside with the same port are one rule. */
const withoutRepetition = <T>(rules: readonly T[]): T[] => [
  ...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values(),
];

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
