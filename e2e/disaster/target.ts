import type { EnvironmentConfig } from '../../config/environment';

/** An environment as it is deployed, and what a person does to it with the commands of where it is. */
export interface Target {
  readonly config: EnvironmentConfig;
  readonly gateway: string;
  /** Fails where something of the system exists: the run destroys it at the end. */
  refuseToOverwrite(): void;
  /** What the stacks need beside themselves. */
  begin(): void;
  end(): Promise<void>;
  /** Opens the way to the gateway, which `end` closes. */
  openGateway(): Promise<void>;
  /** Runs a command in the container of a component. @returns what it printed */
  inside(component: string, words: readonly string[], inputFile?: string): Promise<string>;
  stop(components: readonly string[]): Promise<void>;
  start(components: readonly string[]): Promise<void>;
  /** Stops the database's server and removes its volume, with all that was on it. */
  destroyDatabase(): Promise<void>;
  /** Removes all that is deployed, its volumes, its secrets and Terraform's state: as if the machines had burnt. */
  destroyEverything(): Promise<void>;
  /** Brings something of the store on the workload's volume into a folder of this machine, which becomes a store that has nothing else. */
  fetchFromStore(names: readonly string[], folder: string): Promise<void>;
  /** Removes the container of a component. Another is there at once, or when its stack is applied. */
  remove(component: string): Promise<void>;
  /** Identifier of the container that runs a component, as its control group has it. */
  containerOf(component: string): Promise<string>;
  /** How often the container of a component was started again. */
  restartsOf(component: string): Promise<number>;
  /** Runs a script of Node where every process of the machine can be seen. */
  onMachine(script: string, words: readonly string[]): Promise<string>;
}
