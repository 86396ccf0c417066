import type { Manifest } from './manifest';
import type { Rendered } from './rendered';

/** What a gate found. */
export interface Finding {
  /** By its tool's own name, such as CKV_K8S_40. */
  readonly rule: string;
  readonly environment: string;
  /** Kind and name. */
  readonly object: string;
  /** Whose object it is. */
  readonly component: string;
  readonly text: string;
}

/** Judges environments, each by itself. */
export type Gate = (all: readonly Rendered[]) => Promise<Finding[]>;

/** A gate of what judges one environment. */
export const gateOf =
  (judge: (rendered: Rendered) => Finding[] | Promise<Finding[]>): Gate =>
  async (all) => {
    const findings: Finding[] = [];
    for (const rendered of all) findings.push(...(await judge(rendered)));
    return findings;
  };

export const objectOf = ({ kind, metadata }: Pick<Manifest, 'kind' | 'metadata'>): string => `${kind}/${metadata.name}`;

/** A finding about an object that is among the manifests. */
export function finding({ config, manifests }: Rendered, rule: string, object: string, text: string): Finding {
  const labels = manifests.find((manifest) => objectOf(manifest) === object)?.metadata.labels;
  return { rule, environment: config.name, object, component: labels?.['app.kubernetes.io/name'] ?? object, text };
}
