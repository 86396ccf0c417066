import type { TerraformResource } from 'cdktf';
import { addressOf } from './address';

/** Has Terraform make, or change, a resource after others of its stack. */
export function startAfter(later: TerraformResource, ...earlier: readonly TerraformResource[]): void {
  later.dependsOn = [...new Set([...(later.dependsOn ?? []), ...earlier.map(addressOf)])];
}
