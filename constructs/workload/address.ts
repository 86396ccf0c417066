import type { TerraformResource } from 'cdktf';
import type { Workload } from './workload';

/** A resource's address as `depends_on` and `replace_triggered_by` take it: no expression around it. */
export const addressOf = (resource: TerraformResource): string =>
  `${resource.terraformResourceType}.${resource.friendlyUniqueId}`;

/** The construct id of a workload's resource, `<kind>.<name>`: the stack makes the name the resource's address. */
export const resourceId = (workload: Workload, kind: string, ...suffix: string[]): string =>
  `${kind}.${[workload.component, ...suffix].join('-')}`;
