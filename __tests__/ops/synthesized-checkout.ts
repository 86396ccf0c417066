import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import path from 'node:path';

/**
 * Writes what synthesis of the environment `local` on an engine would: small stacks, each of which depends on the one before.
 *
 * @param resources of each stack, by its kind
 */
export function writeStacks(root: string, resources: Readonly<Record<string, object>>): void {
  const output = path.join(root, 'cdktf.out');
  const listed = Object.entries(resources).map(([kind, resource], index, all) => {
    const name = `local-${kind}`;
    const folder = path.join(output, 'stacks', name);
    mkdirSync(folder, { recursive: true });
    const stack = {
      resource,
      provider: { docker: [{}] },
      terraform: { backend: { local: { path: `${name}.tfstate` } } },
    };
    writeFileSync(path.join(folder, 'cdk.tf.json'), JSON.stringify(stack));
    const dependencies = index === 0 ? [] : [`local-${all[index - 1]?.[0]}`];
    return [name, { name, dependencies, workingDirectory: `stacks/${name}` }] as const;
  });
  // In no order.
  const manifest = { stacks: Object.fromEntries(listed.toReversed()) };
  writeFileSync(path.join(output, 'manifest.json'), JSON.stringify(manifest));
}

/** A container as it is described. */
export const named = (component: string) => ({ name: `stock-analysis-${component}`, restart: 'unless-stopped' });

/** A gateway of a test, on a port that was free. */
export async function startGateway(answer: RequestListener): Promise<Server> {
  const gateway = createServer(answer);
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
  return gateway;
}

export async function stopGateway(gateway: Server): Promise<void> {
  gateway.closeAllConnections();
  await new Promise((resolve) => gateway.close(resolve));
}
