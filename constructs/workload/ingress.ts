import { Construct } from 'constructs';
import { Environment } from './environment';
import type { Workload } from './workload';

export interface IngressProps {
  readonly workload: Workload;
  /** Name of the workload's port that speaks HTTP. */
  readonly port: string;
  readonly hosts: readonly string[];
  /** Name of the IngressClass. @default - the cluster's default */
  readonly class?: string | undefined;
  /** What its controller reads. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Whether TLS ends there, and the Secret with the certificate if the controller has none. @default - it does not */
  readonly tls?: { readonly secretName?: string } | undefined;
}

/** What has the ingress controller of a cluster pass requests on to a workload. */
export class Ingress extends Construct {
  constructor(
    scope: Construct,
    id: string,
    readonly props: IngressProps,
  ) {
    super(scope, id);
    Environment.of(this);
  }
}
