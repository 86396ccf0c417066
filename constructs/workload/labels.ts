import { systemName } from './naming';

/** What labels are made of. */
export interface Labelled {
  readonly component: string;
  /** The name of its resources. */
  readonly name: string;
  /** What the component is to the system, e.g. `database`. */
  readonly purpose: string;
}

/**
 * The labels that select a component's pods. They never change for a component: a Deployment's selector is immutable,
 * so the version is not among them.
 */
export const selectorLabels = (component: string, name: string): Record<string, string> => ({
  'app.kubernetes.io/name': component,
  'app.kubernetes.io/instance': name,
});

/**
 * The recommended labels of Kubernetes (kubernetes.io: Recommended Labels) but the version, carried by every object: a
 * release changes what runs, not what is kept.
 */
export const commonLabels = ({ component, name, purpose }: Labelled): Record<string, string> => ({
  ...selectorLabels(component, name),
  'app.kubernetes.io/component': purpose,
  'app.kubernetes.io/part-of': systemName,
  'app.kubernetes.io/managed-by': 'terraform',
});

/** Those of what runs, pods and containers: the common ones and the version of their image. */
export const runningLabels = (labelled: Labelled, version: string): Record<string, string> => ({
  ...commonLabels(labelled),
  'app.kubernetes.io/version': version,
});

/** What every pod of the system has, and no other of its namespace. */
export const partOfSystem = { 'app.kubernetes.io/part-of': systemName };

/** Labels of what belongs to the system and to no single component. */
export const systemLabels: Readonly<Record<string, string>> = {
  'app.kubernetes.io/part-of': systemName,
  'app.kubernetes.io/managed-by': 'terraform',
};
