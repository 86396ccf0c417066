import type { Command } from 'commander';

/** What is typed for each command whose help has no example of its own, by its words. */
const examples: Readonly<Record<string, readonly string[]>> = {
  status: ['npm run stockops -- status dev', 'npm run stockops -- status pr-7 --from dev'],
  health: ['npm run stockops -- health dev', 'npm run --silent stockops -- health dev --json'],
  checklist: ['npm run stockops -- checklist production'],
  up: ['npm run stockops -- up local'],
  down: ["npm run stockops -- down dev --message 'the nodes are replaced'"],
  restart: ['npm run stockops -- restart dev', 'npm run stockops -- restart dev api worker'],
  'backup init': ['stockops backup init'],
  'backup create': ['stockops backup create', 'npm run stockops -- backup create'],
  'backup list': ['stockops backup list', 'npm run --silent stockops -- backup list --json'],
  'backup verify': ['stockops backup verify', 'stockops backup verify 20261126T023000Z-4f1c9a'],
  'backup prune': ['stockops backup prune', 'stockops backup prune --delete'],
  'backup serve': ['stockops backup serve'],
  restore: ['stockops restore', 'stockops restore --time 2026-11-26T14:00:00+08:00'],
  'restore compare': ['stockops restore compare', 'stockops restore compare 20261126T023000Z-4f1c9a'],
  'restore undo': ['stockops restore undo'],
  'restore forget': ['stockops restore forget'],
  rollback: [
    'npm run stockops -- rollback production',
    'npm run stockops -- rollback production --to 20261126-203000123-4f1c',
  ],
  promote: ['npm run stockops -- promote staging production'],
  'preview down': ['npm run stockops -- preview down pr-7', 'npm run stockops -- preview down pr-7 --from staging'],
  'preview list': ['npm run stockops -- preview list'],
  'preview reap': ['npm run stockops -- preview reap --dry-run'],
  freeze: ["npm run stockops -- freeze production --reason 'audit until Friday'"],
  unfreeze: ['npm run stockops -- unfreeze production'],
  history: ['npm run stockops -- history production', 'npm run stockops -- history production --steps'],
  drill: ['stockops drill'],
  upgrade: ['npm run stockops -- upgrade --check'],
  'upgrade undo': ['npm run stockops -- upgrade undo'],
  'upgrade confirm': ['npm run stockops -- upgrade confirm'],
  secrets: ['stockops secrets'],
  healthcheck: ['stockops healthcheck live'],
  'host check': ['npm run stockops -- host check'],
  'host apply': ['npm run stockops -- host apply --dry-run', 'npm run stockops -- host apply --confirm-within 120'],
  'host confirm': ['npm run stockops -- host confirm'],
  'host revert': ['npm run stockops -- host revert'],
  'host units': ['npm run stockops -- host units'],
};

/** Adds to the help of commands what is typed for them. */
export function addExamples(program: Command): void {
  for (const [words, lines] of Object.entries(examples)) {
    const command = words.split(' ').reduce<Command | undefined>(below, program);
    command?.addHelpText('after', `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`);
  }
}

const below = (command: Command | undefined, name: string): Command | undefined =>
  command?.commands.find((each) => each.name() === name);
