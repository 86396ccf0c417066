import type { Construct } from 'constructs';
import type { Place } from '../../config/place';
import { Connections } from './connections';
import { Observations } from './observations';
import type { Secret } from './secret';
import type { Workload } from './workload';

/** Under this name a stack's constructs find their environment. */
const contextKey = 'stock-analysis/environment';

/**
 * One environment: its configuration, the flows between and what is to be seen of the workloads of all its stacks. Not a construct itself:
 * the cdktf command line orders only stacks that are direct children of the app.
 */
export class Environment {
  readonly connections = new Connections();
  readonly observations = new Observations();
  private readonly registered = new Map<string, Workload>();
  private readonly registeredSecrets = new Map<string, Secret>();
  private readonly variables = new Map<string, Secret>();

  /** @param app what the environment's stacks become children of */
  constructor(
    readonly app: Construct,
    readonly config: Place,
  ) {}

  /** The environment a construct belongs to. */
  static of(construct: Construct): Environment {
    const found = construct.node.tryGetContext(contextKey);
    if (!found) throw new Error(`construct "${construct.node.path}" is in no Environment`);
    return found;
  }

  /** Makes a stack, and all that will be in it, belong to this environment. */
  adopt(stack: Construct): void {
    stack.node.setContext(contextKey, this);
  }

  /** Every workload of every stack, in the order of creation. */
  get workloads(): readonly Workload[] {
    return [...this.registered.values()];
  }

  /** Every secret of every stack, in the order of creation. */
  get secrets(): readonly Secret[] {
    return [...this.registeredSecrets.values()];
  }

  /** Takes note of a secret: its Kubernetes Secret and local folder are named after it, the variables after what is given. */
  registerSecret(secret: Secret): void {
    for (const key of secret.givenKeys) {
      refuseTwice('variable', secret.variableName(key), this.variables, secret);
    }
    refuseTwice('secret', secret.label, this.registeredSecrets, secret);
  }

  /** Takes note of a workload; component names are unique in an environment, because host names are made of them. */
  register(workload: Workload): void {
    refuseTwice('component', workload.component, this.registered, workload);
  }
}

function refuseTwice<T extends Construct>(what: string, name: string, known: Map<string, T>, added: T): void {
  const present = known.get(name);
  if (present) throw new Error(`${what} "${name}" exists twice: ${present.node.path}, ${added.node.path}`);
  known.set(name, added);
}
