import { Refusal } from '../failures';
import { underLock } from '../ledger/lock';
import { type Operator, thisOperator } from '../ledger/operator';
import { requireReady } from '../place/apply-step';
import { withCheckout } from '../place/claimed-checkout';
import { KubernetesPlace } from '../place/kubernetes-place';
import {
  environmentNames,
  requireCheckout,
  resourcesOf,
  type SynthesizedStack,
  synthesize,
} from '../place/synthesized';
import { applyStack } from '../place/terraform';
import { runTool } from '../place/tool';
import { isUnreleased } from '../place/unreleased';
import { askGateway, readThroughGateway } from '../place/verification';
import { type Step, walk } from '../walk/walk';
import { destroyStep } from './destroy-step';
import { keepStack } from './kept-stack';
import { beginPreview, openPreview, type Preview } from './preview';
import { PreviewCluster, type Where } from './preview-cluster';
import { requirePreviewName } from './preview-name';
import { variablesOf } from './synthesized-preview';
import { applyName, optionsOf, type PreviewWork } from './terraform-step';

export interface RaiseOptions extends Where {
  name: string;
  /** From now. */
  hours: number;
  /** The application's. @default the one that was given before, or that of the environment that it is like */
  image?: string | undefined;
  /** Whether monitoring and logs are part of it. @default as before, or true */
  monitoring?: boolean | undefined;
  /** For whom it is. @default who does it */
  owner?: string | undefined;
  breakLock?: string | undefined;
  signal: AbortSignal;
}

/**
 * Raises a preview as this checkout describes it, or brings the one of that name to it; its time is told anew, and never shortened.
 *
 * @returns what is known of it
 * @throws Refusal where it does not run afterwards; the same command goes on
 */
export async function raise(options: RaiseOptions): Promise<Preview> {
  const { name, root = requireCheckout() } = options;
  requirePreviewName(name, environmentNames(root));
  return withCheckout(root, async () => {
    const cluster = await PreviewCluster.open({ ...options, root });
    return underLock(cluster.shelfOf(name), { ...options, command: `preview up ${name}` }, (signal) =>
      raiseHeld(cluster, { ...options, signal }),
    );
  });
}

async function raiseHeld(cluster: PreviewCluster, options: RaiseOptions): Promise<Preview> {
  const { name, progress, signal } = options;
  const found = await openPreview(cluster.shelfOf(name));
  const before = found?.content;
  requireRaisable(before, options);
  const wanted = await wantedOf(before, options, cluster);
  const place = await describedPlace(cluster, wanted, options);
  const namespaces = resourcesOf(place.stacks, 'kubernetes_namespace_v1').map(({ resource }) => resource.metadata.name);
  await cluster.requireOwn(name, namespaces);
  const described = place.stacks.map(keepStack);
  const isDescribed = (stack: string) => described.some((each) => each.name === stack);
  const gone = (before?.stacks ?? []).filter((stack) => !isDescribed(stack.name));
  const content: Preview = {
    ...wanted,
    image: place.image,
    state: 'going up',
    namespaces: [...new Set([...(before?.namespaces ?? []), ...namespaces])],
    stacks: [...described, ...gone],
  };
  const journal = found ?? (await beginPreview(cluster.shelfOf(name), content));
  const operator = before?.operator;
  await journal.note(content);
  const work: PreviewWork = { root: cluster.root, journal, before: operator, signal };
  await walk(
    upSteps(
      work,
      place,
      gone.toReversed().map((stack) => destroyStep(work, stack)),
    ),
    journal,
    progress,
    signal,
  );
  await journal.note({ state: 'up', stacks: described });
  return journal.content;
}

function requireRaisable(before: Preview | undefined, { name, from }: RaiseOptions): void {
  if (before?.state === 'going down') {
    throw new Refusal(
      `${name} is being taken down by ${who(before.operator)}; end that first: stockops preview down ${name} --from ${before.from}`,
    );
  }
  if (before && before.from !== from) {
    throw new Refusal(`${name} is like ${before.from}; say --from ${before.from}, or choose another name`);
  }
}

const who = ({ owner, host }: Pick<Operator, 'owner' | 'host'>): string => `${owner} on ${host}`;

type Wanted = Omit<Preview, 'image' | 'state' | 'namespaces' | 'stacks'>;

async function wantedOf(before: Preview | undefined, options: RaiseOptions, cluster: PreviewCluster): Promise<Wanted> {
  const { name, from, hours, image, monitoring, owner } = options;
  const { cluster: now } = await cluster.clocks();
  const until = `${new Date(now.getTime() + hours * 3_600_000).toISOString().slice(0, 19)}Z`;
  const head = await runTool('git', ['rev-parse', 'HEAD'], { cwd: cluster.root });
  const operator = { owner: thisOperator().owner, host: thisOperator().host };
  return {
    name,
    from,
    owner: owner ?? before?.owner ?? operator.owner,
    commit: head.status === 0 ? head.output.trim() : undefined,
    givenImage: image ?? before?.givenImage,
    monitoring: monitoring ?? before?.monitoring ?? true,
    until: before && before.until > until ? before.until : until,
    operator,
  };
}

/** Where it is, with its stacks as they are synthesized from the checkout. */
async function describedPlace(
  cluster: PreviewCluster,
  wanted: Wanted,
  { hours, progress }: RaiseOptions,
): Promise<KubernetesPlace> {
  const { name, from } = wanted;
  const variables = variablesOf(wanted, hours);
  const stacks = await progress.step(`synthesizing ${name}`, () => synthesize(cluster.root, name, variables));
  if (stacks.some(isUnreleased)) {
    throw new Refusal(
      `${from} has an image that was not released yet, and so has a preview of it; say --image, or choose --from another one`,
    );
  }
  return new KubernetesPlace(name, stacks, cluster.base.kubeconfig);
}

/** Whatever was done of it before is done again: Terraform finds what there is to do. */
const upSteps = (work: PreviewWork, place: KubernetesPlace, gone: readonly Step[]): Step[] => [
  {
    name: 'prepare',
    phase: 'up',
    text: 'what the stacks need beside themselves',
    act: () => place.prepare(),
  },
  ...gone,
  ...place.stacks.map((stack) => applyStep(work, place, stack)),
  {
    name: 'smoke',
    phase: 'up',
    text: 'the gateway answers, and a request through it',
    act: async () => {
      const health = await place.withGateway((address) => askGateway(address, place.host, work.signal));
      return `${health}; ${await readThroughGateway(place, undefined, work.signal)}`;
    },
  },
];

function applyStep(work: PreviewWork, place: KubernetesPlace, stack: SynthesizedStack): Step {
  const name = applyName(stack.name);
  return {
    name,
    phase: 'up',
    text: `the stack ${stack.name}, by Terraform`,
    act: async () => {
      await applyStack(stack, optionsOf(work, name, stack.name));
      await requireReady(place, stack, work.signal);
      return '';
    },
  };
}
