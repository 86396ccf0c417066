import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
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
  /** Of Terraform, such as >= 1.11. */
  readonly requiredVersion?: string | undefined;
}

/** The checkout that this program is of; the image of the workload has none. */
const checkout = path.resolve(__dirname, '../../..');

/** @throws UsageError outside of a checkout */
export function requireCheckout(): string {
  if (existsSync(path.join(checkout, 'main.ts'))) return checkout;
  throw new UsageError(
    'environments are described by the repository, and there is no checkout of it here; run it there: npm run stockops -- --help',
  );
}

/** Environments of a checkout, by name. */
export const environmentNames = (root: string): string[] =>
  readdirSync(path.join(root, 'config', 'environments'))
    .filter((file) => file.endsWith('.ts') && file !== 'index.ts')
    .map((file) => file.replace(/\.ts$/, ''));

/** What `npm start` runs, by its name among the environments. */
export const embedded = 'embedded';

const longestName = 60;

/**
 * The checkout, where it has the environment.
 *
 * @param others that the command takes as well, such as `embedded`
 * @throws UsageError naming the environments there are
 */
export function requireEnvironment(
  environment: string,
  root = requireCheckout(),
  others: readonly string[] = [],
): string {
  const names = environmentNames(root);
  if (names.includes(environment)) return root;
  const shown = environment.replace(/\p{Cc}/gu, '?').slice(0, longestName);
  throw new UsageError(`there is no environment '${shown}'; allowed: ${[...names, ...others].join(', ')}`);
}

/**
 * Synthesizes an environment, to be deployed from `cdktf.out`.
 *
 * @param variables that synthesis reads, beside this process' own
 * @returns its stacks, in the order in which they are deployed
 * @throws UsageError with what synthesis says, such as which environments there are
 */
export async function synthesize(
  root: string,
  environment: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<SynthesizedStack[]> {
  return synthesizeInto(path.join(root, 'cdktf.out'), root, environment, variables);
}

/**
 * Synthesizes an environment to look at: what another command deploys from `cdktf.out` meanwhile stays as it is.
 *
 * @param variables that synthesis reads, beside this process' own
 * @returns as `synthesize`, with the folders that they are deployed from
 * @throws UsageError with what synthesis says
 */
export async function synthesizeToLook(
  root: string,
  environment: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<SynthesizedStack[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'stockops-'));
  try {
    const stacks = await synthesizeInto(folder, root, environment, variables);
    const deployedFrom = (stack: SynthesizedStack) => path.join(root, 'cdktf.out', path.relative(folder, stack.folder));
    return stacks.map((stack) => ({ ...stack, folder: deployedFrom(stack) }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function synthesizeInto(
  folder: string,
  root: string,
  environment: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<SynthesizedStack[]> {
  const { status, said } = await runTool('node', ['--import', 'tsx', 'main.ts'], {
    cwd: root,
    variables: { ...variables, ENVIRONMENT: environment, CDKTF_OUTDIR: folder },
  });
  if (status !== 0) throw new UsageError(`${environment} cannot be synthesized: ${said.trim()}`);
  return readStacks(folder);
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

export function readStack(name: string, folder: string): SynthesizedStack {
  const { resource, terraform, provider } = readJson(path.join(folder, 'cdk.tf.json'));
  return {
    name,
    folder,
    resources: resource ?? {},
    backend: terraform.backend,
    providers: provider ?? {},
    requiredVersion: terraform.required_version,
  };
}

const readJson = (file: string): Resource => JSON.parse(readFileSync(file, 'utf8'));

/** The stack of a kind, such as `backup`. @throws Refusal where the environment has none */
export function stackOf(stacks: readonly SynthesizedStack[], kind: string): SynthesizedStack {
  const found = stacks.find(({ name }) => name.endsWith(`-${kind}`));
  if (found) return found;
  throw new Refusal(
    `this environment has no stack "${kind}"; what has it is set as "${kind}" in its file in config/environments`,
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

/** The first host name that the gateway answers to. */
export function firstHost(stacks: readonly SynthesizedStack[]): string {
  const configuration = fileOf(stacks, 'environment.json');
  if (configuration) return JSON.parse(configuration).hosts[0];
  const servers = fileOf(stacks, 'nginx.conf') ?? '';
  return /server_name (?!_)([^\s;]+)/.exec(servers)?.[1] ?? 'localhost';
}

/** A file of text that the stacks describe, undefined where they describe none of that name. */
export const fileOf = (stacks: readonly SynthesizedStack[], wanted: string): string | undefined =>
  filesOf(stacks, wanted)[0];

/** Every file of text of a name that the stacks describe. */
export function filesOf(stacks: readonly SynthesizedStack[], wanted: string): string[] {
  const ofMaps = resourcesOf(stacks, 'kubernetes_config_map_v1').flatMap(({ resource }) =>
    Object.entries<string>(resource.data ?? {}),
  );
  const ofContainers = resourcesOf(stacks, 'docker_container')
    .flatMap(({ resource }) => resource.upload ?? [])
    .filter(({ content }: Resource) => content)
    .map(({ file, content }: Resource): [string, string] => [file, content]);
  return [...ofMaps, ...ofContainers].filter(([name]) => name.endsWith(wanted)).map(([, content]) => content);
}

/** Below what a web interface answers, by its command line. */
export function externalPath(command: readonly string[]): string {
  const external = command.find((word) => word.startsWith('--web.external-url='))?.split('=')[1];
  return external ? new URL(external).pathname.replace(/\/$/, '') : '';
}
