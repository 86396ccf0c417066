import { LocalBackend, S3Backend, TerraformBackend, type TerraformRemoteState } from 'cdktf';
import type { Construct } from 'constructs';
import { systemName } from './naming';
import type { TargetProps } from './target';

/** Where the Terraform of a stack, in cdktf.out/stacks/<stack>, finds the repository's root. */
export const rootFromStack = '../../..';

/** Keeps a stack's state where the environment says; shared states are locked by the backend itself, without a table. */
export function configureBackend({ stack, environment, unit }: TargetProps): void {
  const { name, state } = environment.config;
  switch (state.type) {
    case 'local':
      new LocalBackend(stack, { path: `${rootFromStack}/.local/state/${name}-${unit}.tfstate` });
      return;
    case 'kubernetes':
      new KubernetesBackend(stack, {
        namespace: state.namespace,
        secretSuffix: `${systemName}-${name}-${unit}`,
      });
      return;
    case 's3':
      new S3Backend(stack, {
        bucket: state.bucket,
        key: `${systemName}/${name}/${unit}.tfstate`,
        region: state.region,
        encrypt: true,
        ...(state.endpoint && { endpoints: { s3: state.endpoint } }),
      });
      // Known to Terraform since 1.10, not to cdktf.
      stack.addOverride('terraform.backend.s3.use_lockfile', true);
  }
}

/**
 * State in a Secret of the cluster, locked by a Lease; cdktf has no class for it.
 * @see https://developer.hashicorp.com/terraform/language/backend/kubernetes
 */
class KubernetesBackend extends TerraformBackend {
  constructor(
    scope: Construct,
    private readonly props: { readonly namespace: string; readonly secretSuffix: string },
  ) {
    super(scope, 'backend', 'kubernetes');
  }

  protected override synthesizeAttributes(): Record<string, string> {
    return { namespace: this.props.namespace, secret_suffix: this.props.secretSuffix };
  }

  protected override synthesizeHclAttributes(): Record<string, string> {
    return this.synthesizeAttributes();
  }

  override getRemoteStateDataSource(): TerraformRemoteState {
    throw new Error('stacks share names, not state: nothing may read the state of another stack');
  }
}
