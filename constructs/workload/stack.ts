import { TerraformElement, TerraformResource, TerraformStack } from 'cdktf';
import type { Node } from 'constructs';
import { addressOf } from './address';
import { configureBackend } from './backend';
import { Boundary } from './boundary';
import { CustomObject } from './custom-object';
import { DockerTarget } from './docker-target';
import type { Environment } from './environment';
import { Ingress } from './ingress';
import { rememberKept } from './kept';
import { KubernetesTarget } from './kubernetes-target';
import { LoadBalancer } from './load-balancer';
import type { Priority } from './priority';
import { Secret } from './secret';
import type { Target, TargetProps, Unit } from './target';
import { tellTransitions } from './transitions';
import { Workload } from './workload';

/**
 * One deployable unit of an environment: one Terraform state. Stacks never refer to each other's resources, only to
 * names, so each of them plans before the others exist; the dependency between them is an order, nothing more.
 */
export abstract class EnvironmentStack extends TerraformStack {
  readonly environment: Environment;
  readonly unit: Unit;
  private readonly props: TargetProps;
  private readonly target: Target;
  private rendered = false;
  private terraform: object | undefined;

  constructor(environment: Environment, unit: Unit, priority: Priority = 'serving') {
    super(environment.app, `${environment.config.name}-${unit}`);
    environment.adopt(this);
    this.environment = environment;
    this.unit = unit;
    this.props = { stack: this, environment, unit, priority };
    configureBackend(this.props);
    // The first that knows ephemeral values and write-only arguments.
    const { terraformVersion } = environment.config;
    this.addOverride('terraform.required_version', terraformVersion ? `>= 1.11, ${terraformVersion}` : '>= 1.11');
    this.target = targetFor(this.props);
  }

  /**
   * Renders what the stack holds; by now every connection of every stack is known. cdktf's own preparation resolves
   * everything a first time to find references between stacks, of which there are none.
   */
  override prepareStack(): void {
    if (!this.rendered) {
      this.rendered = true;
      this.renderAll();
      this.refuseSharedAddresses();
      if (this.environment.config.deletionProtection) rememberKept(this);
      tellTransitions(this.props);
    }
  }

  /** Nothing is added once all is rendered, so that the checks and the file are of one text, whose making is most of a synthesis. */
  override toTerraform(): object {
    if (!this.rendered) return super.toTerraform();
    this.terraform ??= super.toTerraform() as object;
    return this.terraform;
  }

  /**
   * Addresses are names, not hashes of paths: the resource with the id `deployment.api` is
   * `kubernetes_deployment_v1.api`, wherever in the tree it stands.
   */
  protected override allocateLogicalId(element: TerraformElement | Node): string {
    const { id } = TerraformElement.isTerraformElement(element) ? element.node : (element as Node);
    return id.slice(id.indexOf('.') + 1);
  }

  private renderAll(): void {
    for (const construct of this.node.findAll()) {
      if (construct instanceof Boundary) this.target.renderBoundary(construct);
      if (construct instanceof Secret) this.target.renderSecret(construct);
      if (construct instanceof Workload) this.target.renderWorkload(construct);
      if (construct instanceof LoadBalancer) this.target.renderLoadBalancer(construct);
      if (construct instanceof Ingress) this.target.renderIngress(construct);
      if (construct instanceof CustomObject) this.target.renderCustomObject(construct);
    }
    this.target.finish();
  }

  private refuseSharedAddresses(): void {
    const paths = new Map<string, string>();
    for (const construct of this.node.findAll()) {
      if (!(construct instanceof TerraformResource)) continue;
      const address = addressOf(construct);
      const present = paths.get(address);
      if (present) throw new Error(`address "${address}" is used twice: ${present}, ${construct.node.path}`);
      paths.set(address, construct.node.path);
    }
  }
}

/** The only place that asks what an environment's target is. */
const targetFor = (props: TargetProps): Target =>
  props.environment.config.target === 'docker' ? new DockerTarget(props) : new KubernetesTarget(props);
