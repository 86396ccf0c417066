import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from '../../../app/src/runtime/usage-error';
import { Refusal } from '../failures';
import { runTool } from './tool';

/** One resource of a stack, as Terraform reads it. */
// biome-ignore lint/suspicious/noExplicitAny: its form is that of its type, of which there are many
export type Resource = any;

/** What is deployed in one step. */
export interface SynthesizedStack {
  readonly name: string;
  /** Where Terraform runs. */
  readonly folder: string;
  /** By type, then by name. */
  readonly resources: Readonly<Record<string, Readonly<Record<string, Resource>>>>;
  readonly backend: Readonly<Record<string, Resource>>;
  readonly providers: Readonly<Record<string, Resource[]>>;
}

/** The checkout that this program is of; the image of the workload has none. */
const checkout = path.resolve(__dirname, '../../..');

/** @throws UsageError outside of a checkout */
export function requireCheckout(): string {
  if (existsSync(path.join(checkout, 'main.ts'))) return checkout;
  throw new UsageError(
    'recover deploys what the repository describes, and there is no checkout of it here; run it there: npm run stockops -- recover --help',
  );
}

/**
 * Synthesizes an environment.
 *
 * @returns its stacks, in the order in which they are deployed
 * @throws UsageError with what synthesis says, such as which environments there are
 */
export async function synthesize(root: string, environment: string): Promise<SynthesizedStack[]> {
  const { status, said } = await runTool('node', ['--import', 'tsx', 'main.ts'], {
    cwd: root,
    variables: { ENVIRONMENT: environment },
  });
  if (status !== 0) throw new UsageError(`${environment} cannot be synthesized: ${said.trim()}`);
  return readStacks(path.join(root, 'cdktf.out'));
}

interface Listed {
  readonly name: string;
  readonly dependencies: readonly string[];
  readonly workingDirectory: string;
}

/** The stacks below a folder that synthesis wrote, each after those that it depends on. */
export function readStacks(output: string): SynthesizedStack[] {
  const { stacks } = readJson(path.join(output, 'manifest.json')) as { stacks: Record<string, Listed> };
  const waiting = Object.values(stacks);
  const ordered: Listed[] = [];
  while (waiting.length > 0) {
    const next = waiting.findIndex(({ dependencies }) =>
      dependencies.every((name) => ordered.some((each) => each.name === name)),
    );
    ordered.push(...waiting.splice(next, 1));
  }
  return ordered.map(({ name, workingDirectory }) => readStack(name, path.join(output, workingDirectory)));
}

function readStack(name: string, folder: string): SynthesizedStack {
  const { resource, terraform, provider } = readJson(path.join(folder, 'cdk.tf.json'));
  return { name, folder, resources: resource ?? {}, backend: terraform.backend, providers: provider ?? {} };
}

const readJson = (file: string): Resource => JSON.parse(readFileSync(file, 'utf8'));

/** The stack of a kind, such as `backup`. @throws Refusal where the environment has none */
export function stackOf(stacks: readonly SynthesizedStack[], kind: string): SynthesizedStack {
  const found = stacks.find(({ name }) => name.endsWith(`-${kind}`));
  if (found) return found;
  throw new Refusal(
    `this environment has no stack "${kind}"; recover brings back what its workload \`backup\` copied: set "backup" in its file in config/environments`,
  );
}

/** Every resource of a type, with the stack that it is of. */
export const resourcesOf = (
  stacks: readonly SynthesizedStack[],
  type: string,
): { stack: SynthesizedStack; name: string; resource: Resource }[] =>
  stacks.flatMap((stack) =>
    Object.entries(stack.resources[type] ?? {}).map(([name, resource]) => ({ stack, name, resource })),
  );

/** The first host name of the environment, of the configuration that its copies carry. */
export function firstHost({ resources }: SynthesizedStack): string {
  const ofMaps = Object.values(resources.kubernetes_config_map_v1 ?? {}).flatMap(({ data }) => Object.entries(data));
  const ofContainers = Object.values(resources.docker_container ?? {})
    .flatMap(({ upload }) => upload ?? [])
    .map(({ file, content }: Resource) => [file, content]);
  const [, text] = [...ofMaps, ...ofContainers].find(([name]) => name.endsWith('environment.json')) ?? [];
  return JSON.parse(text as string).hosts[0];
}

/** Below what a web interface answers, by its command line. */
export function externalPath(command: readonly string[]): string {
  const external = command.find((word) => word.startsWith('--web.external-url='))?.split('=')[1];
  return external ? new URL(external).pathname.replace(/\/$/, '') : '';
}
