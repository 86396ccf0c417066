import { TerraformResource, type TerraformStack } from 'cdktf';
import { addressOf } from './address';

/**
 * Has the state remember what the stack keeps, an entry each that may not be destroyed either. Terraform's `prevent_destroy`
 * goes with the block that says it, so that what is renamed or left out would be destroyed without a word; the block of this
 * list stays, with nothing in it too, and refuses to lose an entry, whatever was reviewed.
 */
export function rememberKept(stack: TerraformStack): void {
  addEntries(stack, 'kept', keptBy(stack)).lifecycle = { preventDestroy: true };
}

/** Has it remember, too, what was let go of; these entries hold nobody up. */
export function rememberLeftBehind(stack: TerraformStack, addresses: readonly string[]): void {
  addEntries(stack, 'left-behind', addresses);
}

/** The entry of an address in one of the lists, as an address of its own. */
export const entryOf = (address: string, list: 'kept' | 'left-behind' = 'kept'): string =>
  `terraform_data.${list}["${address}"]`;

/** The addresses of what Terraform may not destroy. */
export const keptBy = (stack: TerraformStack): string[] =>
  stack.node
    .findAll()
    .filter((construct): construct is TerraformResource => TerraformResource.isTerraformResource(construct))
    .filter(({ lifecycle }) => lifecycle?.preventDestroy)
    .map(addressOf)
    .sort();

/** CDKTF's own class for it asks the Terraform of this machine for its version, once a stack. */
function addEntries(stack: TerraformStack, list: string, addresses: readonly string[]): TerraformResource {
  const entries = new TerraformResource(stack, `terraform.${list}`, { terraformResourceType: 'terraform_data' });
  entries.addOverride('for_each', Object.fromEntries(addresses.map((address) => [address, address])));
  return entries;
}
