import { TerraformBackend } from 'cdktf';
import type { EnvironmentConfig } from '../../../config/environment';
import { emptyStack, rendered } from '../../product';

const backendOf = (state: EnvironmentConfig['state']) =>
  rendered(state.type === 'local' ? 'docker' : 'kubernetes', () => {}, { state }).json.terraform.backend;

test('a local state is a file outside git, at a path relative to the stack', () => {
  expect(backendOf({ type: 'local' })).toEqual({
    local: { path: '../../../.local/state/local-application.tfstate' },
  });
});

test('a state in the cluster is a Secret of its own for each environment and unit', () => {
  expect(backendOf({ type: 'kubernetes', namespace: 'states' })).toEqual({
    kubernetes: { namespace: 'states', secret_suffix: 'stock-analysis-dev-application' },
  });
});

test('a state in a bucket is encrypted and locked without a table', () => {
  expect(backendOf({ type: 's3', bucket: 'states', region: 'cn-north-1' })).toEqual({
    s3: {
      bucket: 'states',
      key: 'stock-analysis/dev/application.tfstate',
      region: 'cn-north-1',
      encrypt: true,
      use_lockfile: true,
    },
  });
});

test('a state in the cluster is in that of the resources', () => {
  const state = { type: 'kubernetes', namespace: 'states' } as const;
  const { json } = rendered('kubernetes', () => {}, { state, kubernetesContext: 'theirs' });
  expect(json.terraform.backend.kubernetes?.config_context).toBe('theirs');
  expect(json.provider?.kubernetes).toEqual([expect.objectContaining({ config_context: 'theirs' })]);
});

test('a bucket may be anywhere that speaks S3, where nothing is asked of AWS', () => {
  const state = {
    type: 's3',
    bucket: 'states',
    region: 'any',
    endpoint: 'https://minio.example',
    encrypt: false,
  } as const;
  expect(backendOf(state)).toEqual({
    s3: {
      bucket: 'states',
      key: 'stock-analysis/dev/application.tfstate',
      region: 'any',
      encrypt: false,
      use_lockfile: true,
      endpoints: { s3: 'https://minio.example' },
      use_path_style: true,
      skip_credentials_validation: true,
      skip_metadata_api_check: true,
      skip_region_validation: true,
      skip_requesting_account_id: true,
      skip_s3_checksum: true,
    },
  });
});

test.each<[state: EnvironmentConfig['state'], settings: object]>([
  [
    { type: 'gcs', bucket: 'states' },
    { bucket: 'states', prefix: 'stock-analysis/dev/application' },
  ],
  [
    { type: 'azurerm', resourceGroup: 'platform', storageAccount: 'states', container: 'terraform' },
    {
      resource_group_name: 'platform',
      storage_account_name: 'states',
      container_name: 'terraform',
      key: 'stock-analysis/dev/application.tfstate',
    },
  ],
  [
    {
      type: 'oss',
      bucket: 'states',
      region: 'cn-hangzhou',
      lock: { endpoint: 'https://locks.example', table: 'locks' },
    },
    {
      bucket: 'states',
      region: 'cn-hangzhou',
      prefix: 'stock-analysis/dev',
      key: 'application.tfstate',
      encrypt: true,
      tablestore_endpoint: 'https://locks.example',
      tablestore_table: 'locks',
    },
  ],
  [
    { type: 'http', address: 'https://git.example/states', lockMethods: { lock: 'POST', unlock: 'DELETE' } },
    {
      address: 'https://git.example/states/stock-analysis-dev-application',
      lock_address: 'https://git.example/states/stock-analysis-dev-application/lock',
      unlock_address: 'https://git.example/states/stock-analysis-dev-application/lock',
      lock_method: 'POST',
      unlock_method: 'DELETE',
    },
  ],
  [{ type: 'pg' }, { schema_name: 'stock-analysis-dev-application' }],
])('a state of %j is one of its own, with a lock and without a secret', (state, settings) => {
  expect(backendOf(state)).toEqual({ [state.type]: settings });
});

test('an environment may ask for more of Terraform than the platform does', () => {
  const required = (values: Partial<EnvironmentConfig>) =>
    (rendered('kubernetes', () => {}, values).json.terraform as { required_version?: string }).required_version;
  expect(required({})).toBe('>= 1.11');
  expect(required({ terraformVersion: '~> 1.11.4' })).toBe('>= 1.11, ~> 1.11.4');
});

test('nothing may read the state of another stack', () => {
  const stack = emptyStack('kubernetes');
  const backend = stack.node.findAll().find((construct) => construct instanceof TerraformBackend) as TerraformBackend;
  expect(() => backend.getRemoteStateDataSource(stack, 'other', 'data')).toThrow('stacks share names, not state');
});
