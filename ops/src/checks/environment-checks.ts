import { accessSync, constants } from 'node:fs';
import { type Check, fail, ok } from './check';
import { allTargets } from './target';

export const environmentChecks: readonly Check[] = [
  {
    id: 'ENV-001',
    scope: allTargets,
    title: 'what describes the environment can be read',
    severity: 'fail',
    expected: 'its file in config/environments is whole; of the embedded product, its folder belongs to this user',
    command: 'ENVIRONMENT={environment} npm run synth',
    about:
      'Everything else is asked by what the environment describes. The message of synthesis names each wrong value, what is allowed and what to do. ' +
      'Of the embedded product it is the folder of `npm start` (`STOCK_FOLDER`, `.local/embedded` where nothing names one).',
    timeoutSeconds: 120,
    run: async ({ fault, folder, environment, target, stacks }) => {
      if (fault) return fail(fault.message, { object: `config/environments/${environment}.ts` });
      if (!folder) return ok(`${target}, ${stacks.length} stacks`);
      if (!folder.hasData) return ok(`npm start will make ${folder.path}`);
      accessSync(folder.path, constants.R_OK | constants.W_OK);
      return ok(folder.path);
    },
  },
];
