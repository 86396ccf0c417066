import type { Shelf } from '../ledger/shelf';
import type { SynthesizedStack } from './synthesized';
import type { Ended, ToolOptions } from './tool';

/** Who does not say within so long that it is there is taken for away. */
export const answerSeconds = 25;
/** A command in a component has limits of its own, and may copy a whole database. */
export const runSeconds = 86_400;

/** Where an environment is deployed: a cluster or an engine, as the operator's programs reach it. */
export interface Place {
  /** For people. */
  readonly name: string;
  readonly environment: string;
  /** In the order in which they are deployed. */
  readonly stacks: readonly SynthesizedStack[];
  /** A name that the gateway answers to. */
  readonly host: string;
  /** What all who operate it have to know of each other. */
  readonly shelf: Shelf;
  /** @throws CannotTell when it does not answer */
  requireAnswering(signal?: AbortSignal): Promise<void>;
  /** Makes what the stacks need beside themselves, where it is not there. @returns what there is now, in words */
  prepare(): Promise<string>;
  /** The application's image, as the stacks name it. */
  readonly image: string;
  /** Whether that image is there, or will be, in words. @throws Refusal where nobody can pull it */
  requireImage(): Promise<string>;
  /** A stack of this place so that it can be applied again when what it was built from is gone. @param id of its release */
  keepable(stack: SynthesizedStack, id: string): Promise<object>;
  /** Whether all that a stack describes runs, or has run. */
  isReady(stack: SynthesizedStack): Promise<boolean>;
  /** The image that a component runs, which may be another than the described one: by its digest, where it has one. */
  runningImage(component: string): Promise<string>;
  /** Runs a command in the container of a component. */
  run(component: string, words: readonly string[], options?: ToolOptions): Promise<Ended>;
  /** A key of a generated secret, by the name of the secret in the stacks. */
  secretText(secret: string, key: string): Promise<string>;
  /** When such a secret was written; undefined where it is not there. */
  secretWrittenAt(secret: string): Promise<Date | undefined>;
  /** What runs with the former of two secrets still, for people: begun before its workload was given the present one. */
  runningWith(former: string, present: string): Promise<string[]>;
  /** Opens a way to the gateway. @param signal ends waiting for it */
  withGateway<T>(use: (address: string) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Asks Prometheus. @param path below its own, such as /api/v1/targets */
  askPrometheus(path: string): Promise<string>;
}
