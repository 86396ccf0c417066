import type { Manifest } from './manifest';

/** What the gates of our own look at in a pod. */
export interface PodTemplate {
  readonly metadata: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly priorityClassName?: string;
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[];
  };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly ports?: ReadonlyArray<{ readonly name: string; readonly containerPort: number }>;
}

type Controller = Manifest & { readonly spec: { readonly template?: PodTemplate; readonly jobTemplate?: Controller } };

/** The template of the pods that an object makes. */
export function podOf(manifest: Manifest): PodTemplate | undefined {
  const { template, jobTemplate } = (manifest as Controller).spec ?? {};
  return template ?? (jobTemplate && podOf(jobTemplate));
}
