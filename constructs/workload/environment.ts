import type { Construct } from 'constructs';
import type { Place } from '../../config/place';
import { Connections } from './connections';
import { Observations } from './observations';

/** Under this name a stack's constructs find their environment. */
const contextKey = 'stock-analysis/environment';

/**
 * One environment: its configuration, the flows between and what is to be seen of the workloads of all its stacks. Not a construct itself:
 * the cdktf command line orders only stacks that are direct children of the app.
 */
export class Environment {
  readonly connections = new Connections();
  readonly observations = new Observations();
  private readonly stacks: Construct[] = [];
  private readonly claimed = new Map<string, Construct>();

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
    this.stacks.push(stack);
  }

  /** Every construct of a kind in every stack, such as `all(Workload)`. */
  all<T extends Construct>(kind: new (...args: never[]) => T): T[] {
    return this.stacks
      .flatMap((stack) => stack.node.findAll())
      .filter((construct): construct is T => construct instanceof kind);
  }

  /** Takes a name that exists once in an environment, because something outside is called by it. */
  claim(what: 'component' | 'secret' | 'variable', name: string, claimant: Construct): void {
    const present = this.claimed.get(`${what} ${name}`);
    if (present) throw new Error(`${what} "${name}" exists twice: ${present.node.path}, ${claimant.node.path}`);
    this.claimed.set(`${what} ${name}`, claimant);
  }
}
