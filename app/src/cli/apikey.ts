import { type Command, InvalidArgumentError } from 'commander';
import { type Scope, scopes } from '../access/api-key';
import { print } from './terminal';

/** What the database can hold. */
const mostRequestsPerMinute = 2_147_483_647;

function parseScopes(text: string): Scope[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !scopes.includes(name as Scope));
  if (unknown === undefined) return [...new Set(names)] as Scope[];
  throw new InvalidArgumentError(`'${unknown}' is not a scope; allowed: ${scopes.join(', ')}`);
}

function parseRequests(text: string): number {
  const requests = Number(text);
  if (Number.isInteger(requests) && requests >= 1 && requests <= mostRequestsPerMinute) return requests;
  throw new InvalidArgumentError(
    `'${text}' is not allowed; allowed: a whole number from 1 to ${mostRequestsPerMinute}`,
  );
}

/** Adds `stock apikey`. */
export function addApiKeys(program: Command): void {
  const apikey = program.command('apikey').description('make, list and revoke API keys');
  apikey
    .command('create')
    .description('make a key and print it, this once')
    .requiredOption('--name <name>', 'what the key is for')
    .requiredOption('--scopes <scopes>', `comma-separated, of ${scopes.join(', ')}`, parseScopes)
    .option(
      '--requests-per-minute <n>',
      'most requests it may make in a minute at one process (default: API_REQUESTS_PER_MINUTE of the API)',
      parseRequests,
    )
    .action(async (options: { name: string; scopes: Scope[]; requestsPerMinute?: number }) => {
      const { createKey } = await import('../commands/apikey.js');
      print(await createKey(options.name, options.scopes, options.requestsPerMinute));
    });
  apikey
    .command('list')
    .description('list the keys: prefix, scopes, state, last use, requests a minute, name')
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
