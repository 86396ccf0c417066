import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { kubernetesVersions } from '../../config/versions';
import { finding, type Gate, gateOf, objectOf } from './finding';
import type { Manifest } from './manifest';
import { withFile } from './manifest-file';

const run = promisify(execFile);

const words = [
  'score',
  '--output-format=json',
  '--all-default-optional',
  '--disable-ignore-checks-annotations',
  `--kubernetes-version=v${kubernetesVersions.at(-1)}`,
];

/** The grade of a check that has nothing to say. */
const allIsWell = 10;

/** All that kube-score can say, warnings too, without an ear for annotations that would have it say nothing. */
export const kubeScoreGate = (program: string): Gate =>
  gateOf((rendered) =>
    withFile(rendered.manifests, async (file) => {
      const { stdout } = await run(program, [...words, file], { maxBuffer: 2 ** 28 }).catch(outputOfFindings);
      return (JSON.parse(stdout) as Scored[]).flatMap(({ type_meta, object_meta, checks }) =>
        checks
          .filter(({ skipped, grade }) => !skipped && grade < allIsWell)
          .map(({ check, comments }) =>
            finding(
              rendered,
              check.id,
              objectOf({ kind: type_meta.kind, metadata: object_meta }),
              (comments ?? []).map(({ path, summary }) => `${path} ${summary}`.trim()).join('; '),
            ),
          ),
      );
    }),
  );

interface Scored {
  readonly type_meta: { readonly kind: string };
  readonly object_meta: Manifest['metadata'];
  readonly checks: ReadonlyArray<{
    readonly check: { readonly id: string };
    readonly grade: number;
    readonly skipped: boolean;
    readonly comments: ReadonlyArray<{ readonly path: string; readonly summary: string }> | null;
  }>;
}

/** It ends with 1 when it has found something. */
function outputOfFindings(error: unknown): { stdout: string } {
  const { code, stdout } = error as { code?: unknown; stdout?: string };
  if (code === 1 && stdout?.startsWith('[')) return { stdout };
  throw error;
}
