import { Construct } from 'constructs';
import { Environment } from './environment';

export interface CustomObjectProps {
  /** The component it belongs to. */
  readonly component: string;
  readonly apiVersion: string;
  readonly kind: string;
  /** Told from others of its kind and component by this. @default - the component's name alone */
  readonly suffix?: string;
  /** Outside every namespace; its name then carries the environment's. @default false */
  readonly isClusterScoped?: boolean;
  /** Beside those that each object has: what selects it. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
  /** What somebody else reads of it. @default - nothing */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Everything but apiVersion, kind and metadata. */
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * An object of Kubernetes that the typed provider cannot express, installed by our chart with the others of its stack; one
 * of a custom kind in a release after those of the built-in kinds, because an operator may be among these.
 */
export class CustomObject extends Construct {
  readonly props: CustomObjectProps;

  constructor(scope: Construct, id: string, props: CustomObjectProps) {
    super(scope, id);
    this.props = props;
    Environment.of(this);
  }
}

/** API groups that every cluster knows; others end in k8s.io too, such as that of the Gateway API. */
const builtInGroups = new Set([
  '',
  'apps',
  'autoscaling',
  'batch',
  'policy',
  ...[
    'admissionregistration',
    'apiextensions',
    'apiregistration',
    'certificates',
    'coordination',
    'discovery',
    'networking',
    'node',
    'rbac.authorization',
    'scheduling',
    'storage',
  ].map((group) => `${group}.k8s.io`),
]);

/** Whether a cluster knows the kind only once a CustomResourceDefinition is installed. */
export function isCustomKind(apiVersion: string): boolean {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return !builtInGroups.has(group);
}
