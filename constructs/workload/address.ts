import type { TerraformResource } from 'cdktf';

/** A resource's address as `depends_on` and `replace_triggered_by` take it: no expression around it. */
export const addressOf = (resource: TerraformResource): string =>
  `${resource.terraformResourceType}.${resource.friendlyUniqueId}`;
