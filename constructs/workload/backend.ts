import { TerraformBackend, type TerraformRemoteState } from 'cdktf';
import type { Construct } from 'constructs';
import type { Place } from '../../config/place';
import type { State } from '../../config/state';
import { systemName } from './naming';
import type { TargetProps } from './target';

/** Where the Terraform of a stack, in cdktf.out/stacks/<stack>, finds the repository's root. */
export const rootFromStack = '../../..';

/** Keeps a stack's state where the environment says; shared states are locked by the backend itself. */
export function configureBackend({ stack, environment, unit }: TargetProps): void {
  const { config } = environment;
  new Backend(stack, config.state.type, settingsOf(config.state, config, unit));
}

type Settings = Readonly<Record<string, unknown>>;

/** The settings of a backend, in Terraform's words: cdktf has no class for some and not every setting of the others. */
function settingsOf(state: State, { name, kubernetesContext }: Place, unit: string): Settings {
  const folder = `${systemName}/${name}`;
  const flatName = `${systemName}-${name}-${unit}`;
  switch (state.type) {
    case 'local':
      return { path: `${rootFromStack}/.local/state/${name}-${unit}.tfstate` };
    case 'kubernetes':
      return { namespace: state.namespace, secret_suffix: flatName, config_context: kubernetesContext };
    case 's3':
      return {
        bucket: state.bucket,
        key: `${folder}/${unit}.tfstate`,
        region: state.region,
        encrypt: state.encrypt ?? true,
        use_lockfile: true,
        ...(state.endpoint && compatibleStore(state.endpoint)),
      };
    case 'gcs':
      return { bucket: state.bucket, prefix: `${folder}/${unit}` };
    case 'azurerm':
      return {
        resource_group_name: state.resourceGroup,
        storage_account_name: state.storageAccount,
        container_name: state.container,
        key: `${folder}/${unit}.tfstate`,
      };
    case 'oss':
      return {
        bucket: state.bucket,
        region: state.region,
        prefix: folder,
        key: `${unit}.tfstate`,
        encrypt: true,
        tablestore_endpoint: state.lock.endpoint,
        tablestore_table: state.lock.table,
      };
    case 'http': {
      const address = `${state.address}/${flatName}`;
      return {
        address,
        lock_address: `${address}/lock`,
        unlock_address: `${address}/lock`,
        lock_method: state.lockMethods?.lock,
        unlock_method: state.lockMethods?.unlock,
      };
    }
    case 'pg':
      return { schema_name: flatName };
  }
}

/** A store that is not of AWS knows no bucket by a host of its own, and nothing of accounts, regions and tokens of AWS. */
const compatibleStore = (endpoint: string): Settings => ({
  endpoints: { s3: endpoint },
  use_path_style: true,
  skip_credentials_validation: true,
  skip_metadata_api_check: true,
  skip_region_validation: true,
  skip_requesting_account_id: true,
  skip_s3_checksum: true,
});

/** A backend by its settings. */
class Backend extends TerraformBackend {
  constructor(
    scope: Construct,
    type: State['type'],
    private readonly settings: Settings,
  ) {
    super(scope, 'backend', type);
  }

  protected override synthesizeAttributes(): Settings {
    return this.settings;
  }

  protected override synthesizeHclAttributes(): Settings {
    return this.settings;
  }

  override getRemoteStateDataSource(): TerraformRemoteState {
    throw new Error('stacks share names, not state: nothing may read the state of another stack');
  }
}
