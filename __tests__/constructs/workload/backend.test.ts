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

test('a bucket may be anywhere that speaks S3', () => {
  const state = { type: 's3', bucket: 'states', region: 'any', endpoint: 'https://minio.example' } as const;
  expect(backendOf(state)).toMatchObject({ s3: { endpoints: { s3: 'https://minio.example' } } });
});

test('nothing may read the state of another stack', () => {
  const stack = emptyStack('kubernetes');
  const backend = stack.node.findAll().find((construct) => construct instanceof TerraformBackend) as TerraformBackend;
  expect(() => backend.getRemoteStateDataSource(stack, 'other', 'data')).toThrow('stacks share names, not state');
});
