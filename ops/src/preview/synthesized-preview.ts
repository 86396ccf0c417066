import { type SynthesizedStack, synthesizeToLook } from '../place/synthesized';
import type { Preview } from './preview';

/** What of a preview its stacks depend on. */
export type Described = Pick<Preview, 'name' | 'from' | 'owner' | 'commit' | 'givenImage' | 'monitoring' | 'until'>;

/** What synthesis is told of a preview. @param hours for how long it is wanted */
export function variablesOf(described: Described, hours: number): Record<string, string> {
  const { name, from, owner, commit, givenImage, monitoring, until } = described;
  return {
    PREVIEW: JSON.stringify({ name, from, hours, monitoring, raised: { by: owner, commit, until } }),
    ...(givenImage && { APPLICATION_IMAGE: givenImage }),
  };
}

/** The stacks of a preview as this checkout describes it, to be looked at. @throws UsageError with what synthesis says */
export const synthesizePreviewToLook = (root: string, described: Described): Promise<SynthesizedStack[]> =>
  // For how long is told by its end.
  synthesizeToLook(root, described.name, variablesOf(described, 1));
