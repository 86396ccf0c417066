import { type Command, InvalidArgumentError } from 'commander';
import { type Scope, scopes } from '../api/api-key';
import { print } from './terminal';

function parseScopes(text: string): Scope[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !scopes.includes(name as Scope));
  if (unknown === undefined) return [...new Set(names)] as Scope[];
  throw new InvalidArgumentError(`'${unknown}' is not a scope; allowed: ${scopes.join(', ')}`);
}

/** Adds `stock apikey`. */
export function addApiKeys(program: Command): void {
  const apikey = program.command('apikey').description('make, list and revoke API keys');
  apikey
    .command('create')
    .description('make a key and print it, this once')
    .requiredOption('--name <name>', 'what the key is for')
    .requiredOption('--scopes <scopes>', `comma-separated, of ${scopes.join(', ')}`, parseScopes)
    .action(async (options: { name: string; scopes: Scope[] }) => {
      const { createKey } = await import('../commands/apikey.js');
      print(await createKey(options.name, options.scopes));
    });
  apikey
    .command('list')
    .description('list the keys: prefix, scopes, state, name')
    .action(async () => {
      const { listKeys } = await import('../commands/apikey.js');
      for (const line of await listKeys()) print(line);
    });
  apikey
    .command('revoke')
    .description('make a key invalid at once')
    .argument('<prefix>', 'the 12 characters after sk_, as `stock apikey list` shows them')
    .action(async (prefix: string) => {
      const { revokeKey } = await import('../commands/apikey.js');
      print(await revokeKey(prefix));
    });
}
