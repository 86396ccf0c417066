import { TerraformResource } from 'cdktf';
import type { EnvironmentStack } from '../constructs/workload/stack';

/** One line about a synthesized stack: its name, how many resources, and where they are written. */
export function stackSummary(stack: EnvironmentStack, outputDirectory: string): string {
  const name = stack.node.id;
  const resources = stack.node.findAll().filter((construct) => construct instanceof TerraformResource).length;
  return `${name.padEnd(24)} ${`${resources}`.padStart(4)} resources  ${outputDirectory}/stacks/${name}/cdk.tf.json`;
}
