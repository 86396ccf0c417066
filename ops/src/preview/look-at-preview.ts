import { Subject } from '../checks/subject';
import { Refusal } from '../failures';
import { environmentNames, requireCheckout } from '../place/synthesized';
import { runTool } from '../place/tool';
import { openPreview, type Preview } from './preview';
import { PreviewCluster, type Where } from './preview-cluster';
import { requirePreviewName } from './preview-name';
import { synthesizePreviewToLook } from './synthesized-preview';

interface Looking extends Where {
  name: string;
  signal: AbortSignal;
}

/**
 * A preview, to be looked at as this checkout describes it: it is told where it was raised from another commit.
 *
 * @throws Refusal where there is none of that name, CannotTell where its cluster does not answer
 */
export async function lookAtPreview({
  name,
  from,
  root = requireCheckout(),
  progress,
  signal,
}: Looking): Promise<Subject> {
  requirePreviewName(name, environmentNames(root));
  const cluster = await PreviewCluster.open({ from, root, progress });
  const preview = (await openPreview(cluster.shelfOf(name)))?.content;
  if (!preview) {
    throw new Refusal(
      `there is no preview ${name} in the cluster of ${from}; see which there are: npm run stockops -- preview list --from ${from}`,
    );
  }
  const difference = await differenceOf(preview, root);
  if (difference) progress.note(difference);
  const stacks = await progress.step(`reading ${name}`, () => synthesizePreviewToLook(root, preview));
  const { kubeconfig } = cluster.base;
  return Subject.ofStacks({ root, environment: name, previewFrom: from, kubeconfig, signal }, stacks);
}

/** Why what is there may be another thing than what is described. */
async function differenceOf({ name, commit, state, operator }: Preview, root: string): Promise<string | undefined> {
  if (state !== 'up') return `${name} is ${state}, by ${operator.owner} on ${operator.host}`;
  const { output } = await runTool('git', ['rev-parse', 'HEAD'], { cwd: root });
  if (commit === undefined || output.trim() === commit) return undefined;
  return `${name} was raised from commit ${commit.slice(0, 10)}, and this checkout is another: what it describes is looked for`;
}
