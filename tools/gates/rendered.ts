import type { EnvironmentConfig } from '../../config/environment';
import { type Plan, planOf } from '../../stacks/kept/plan';
import { withSystem } from '../../stacks/system';
import { type Manifest, manifestOf } from './manifest';
import type { Schemas } from './schemas';

/** All that an environment puts into its cluster. */
export interface Rendered {
  readonly config: EnvironmentConfig;
  readonly manifests: readonly Manifest[];
}

/** An environment as its cluster gets it, from Terraform's provider and from our chart. */
export const render = (config: EnvironmentConfig, schemas: Schemas): Rendered => ({
  config,
  manifests: withSystem(config, ({ stacks }) => {
    for (const stack of stacks) stack.prepareStack();
    return stacks.flatMap((stack) => manifestsIn(planOf(stack.toTerraform()), schemas));
  }),
});

const manifestsIn = ({ resource = {} }: Plan, schemas: Schemas): Manifest[] =>
  Object.entries(resource).flatMap(([type, named]) =>
    Object.values(named).flatMap((body) => {
      if (type === 'helm_release') return (body as Release).values.flatMap(({ objects }) => objects);
      return type.startsWith('kubernetes_') ? [manifestOf(type, body, schemas)] : [];
    }),
  );

interface Release {
  readonly values: ReadonlyArray<{ readonly objects: readonly Manifest[] }>;
}
