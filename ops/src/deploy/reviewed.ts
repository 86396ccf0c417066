import { z } from 'zod';
import { runTool, runWell } from '../place/tool';

const compared = z.object({ hash: z.string(), differing: z.array(z.string()) });

/** What was reviewed of a checkout. */
export interface Reviewed {
  /** Of all plans of the environment. */
  planHash: string;
  /** Plans that are not those in plans/. */
  differing: readonly string[];
  /** Undefined outside of git. */
  commit: string | undefined;
  /** Files of plans/ that are not committed. */
  uncommitted: readonly string[];
}

export async function readReviewed(root: string, environment: string): Promise<Reviewed> {
  const [said, head, status] = await Promise.all([
    runWell('node', ['--import', 'tsx', 'stacks/compare-plans.ts', environment], { cwd: root }),
    runTool('git', ['rev-parse', 'HEAD'], { cwd: root }),
    runTool('git', ['status', '--porcelain', '--', `plans/${environment}`], { cwd: root }),
  ]);
  const { hash, differing } = compared.parse(JSON.parse(said));
  return {
    planHash: hash,
    differing,
    commit: head.status === 0 ? head.output.trim() : undefined,
    uncommitted: status.output
      .split('\n')
      .map((line) => line.slice(3))
      .filter(Boolean),
  };
}
