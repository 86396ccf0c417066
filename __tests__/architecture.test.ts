import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { repositoryRoot } from './command';

/** Every import of every source file below a folder: the file, and what it names, resolved to a path where it is one of ours. */
function importsBelow(folder: string): Array<{ file: string; imported: string }> {
  return sourcesBelow(folder).flatMap((file) =>
    importsIn(readFileSync(join(repositoryRoot, file), 'utf8')).map((name) => ({
      file,
      imported: name.startsWith('.') ? normalize(join(dirname(file), name)) : name,
    })),
  );
}

const importsIn = (source: string): string[] =>
  [...source.matchAll(/(?:\bfrom|\bimport|\brequire\(|\bimport\()\s*'([^']+)'/g)].map(([, name = '']) => name);

function sourcesBelow(folder: string): string[] {
  return readdirSync(join(repositoryRoot, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(repositoryRoot.length + 1))
    .filter((file) => !file.includes('node_modules'))
    .sort();
}

const components = readdirSync(join(repositoryRoot, 'constructs')).filter((name) => name !== 'workload');
const breaking = (imports: Array<{ file: string; imported: string }>, wrong: RegExp) =>
  imports.filter(({ imported }) => wrong.test(imported)).map(({ file, imported }) => `${file} imports ${imported}`);

test('every import is found, in each of its forms', () => {
  const source =
    "import a from 'a';\nimport type { b } from './b';\nimport 'c';\nexport { d } from 'd';\nawait import('e');";
  expect(importsIn(source)).toEqual(['a', './b', 'c', 'd', 'e']);
  expect(importsBelow('constructs').length).toBeGreaterThan(50);
});

test('the workload contract knows no component and no stack', () => {
  expect(
    breaking(
      importsBelow('constructs/workload'),
      new RegExp(`^(constructs/(${components.join('|')})/|stacks|app/|main)`),
    ),
  ).toEqual([]);
});

test('a component knows no provider, no stack and not what deploys it', () => {
  const imports = components.flatMap((component) => importsBelow(`constructs/${component}`));
  expect(breaking(imports, /^(@cdktf\/|cdktf$|stacks|app\/|main)/)).toEqual([]);
});

test('a stack knows no provider', () => {
  expect(breaking(importsBelow('stacks'), /^(@cdktf\/|app\/|main$)/)).toEqual([]);
});

test('the configuration knows nothing of what is made of it', () => {
  expect(breaking(importsBelow('config'), /^(@cdktf\/|cdktf|constructs|stacks|app\/|main)/)).toEqual([]);
});

test('the application knows nothing of what deploys it', () => {
  expect(breaking(importsBelow('app/src'), /^(@cdktf\/|cdktf|constructs|stacks|config\/|main$)/)).toEqual([]);
});

test('every room of the application stands on those below it', () => {
  const rooms = readdirSync(join(repositoryRoot, 'app/src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !['api', 'cli', 'commands', 'roles', 'embedded'].includes(entry.name))
    .map(({ name }) => `app/src/${name}`);
  expect(rooms.length).toBeGreaterThan(8);
  expect(breaking(rooms.flatMap(importsBelow), /^app\/src\/(api|cli|commands|roles|embedded)\//)).toEqual([]);
  expect(breaking(importsBelow('app/src/api/routes'), /database\/sql$|api\/routes\//)).toEqual([]);
  expect(breaking(importsBelow('app/src/commands'), /^app\/src\/(api|cli)\//)).toEqual([]);
});

test('providers are imported by their submodule, or synthesis takes seconds', () => {
  const imports = ['config', 'constructs', 'stacks'].flatMap(importsBelow);
  expect(breaking(imports, /^@cdktf\/provider-\w+$/)).toEqual([]);
  expect(imports.filter(({ imported }) => /^@cdktf\/provider-\w+\/lib\//.test(imported)).length).toBeGreaterThan(10);
});

test('the environment of the process is read in one place of the platform and one of the application', () => {
  const reading = ['config', 'constructs', 'stacks', 'app/src']
    .flatMap(sourcesBelow)
    .concat('main.ts')
    .filter((file) =>
      /process\s*\.\s*env\b|process\[|env\s*\}\s*=\s*process/.test(readFileSync(join(repositoryRoot, file), 'utf8')),
    );
  expect(reading).toEqual(['app/src/runtime/env.ts', 'main.ts']);
});

test('no part of the platform reads the clock or chance while it describes', () => {
  const described = ['config', 'constructs', 'stacks'].flatMap(sourcesBelow);
  const wavering = described.filter((file) =>
    /Date\.now|new Date\(|Math\.random|randomUUID|hostname\(/.test(readFileSync(join(repositoryRoot, file), 'utf8')),
  );
  expect(wavering).toEqual([]);
});

/** Two files of which each imports a type of the other, and nothing else. */
const circleOfTypes = (folder: string): Record<string, [source: string, rule: string]> => ({
  [`${folder}/hen.ts`]: [
    "import type { Egg } from './egg';\n\nexport interface Hen {\n  lays: Egg;\n}",
    'noImportCycles',
  ],
  [`${folder}/egg.ts`]: [
    "import type { Hen } from './hen';\n\nexport interface Egg {\n  becomes: Hen;\n}",
    'noImportCycles',
  ],
});

describe('the linter refuses what these rules forbid', () => {
  // Where a file stands decides which rules it has; what it imports does not have to be there.
  const violations: Record<string, [source: string, rule: string]> = {
    'constructs/api/provider.ts': [
      "import { Container } from '@cdktf/provider-docker/lib/container';",
      'noRestrictedImports',
    ],
    'constructs/api/cdktf.ts': ["import { App } from 'cdktf';", 'noRestrictedImports'],
    'constructs/api/stack.ts': ["import { addSystem } from '../../stacks/system';", 'noRestrictedImports'],
    'constructs/workload/stack.ts': ["import { addSystem } from '../../stacks/system';", 'noRestrictedImports'],
    'constructs/workload/barrel.ts': ["import { container } from '@cdktf/provider-docker';", 'noRestrictedImports'],
    'stacks/provider.ts': ["import { Container } from '@cdktf/provider-docker/lib/container';", 'noRestrictedImports'],
    'config/construct.ts': ["import { Api } from '../constructs/api/api';", 'noRestrictedImports'],
    'app/src/config.ts': ["import { images } from '../../config/versions';", 'noRestrictedImports'],
    'app/src/market/problem.ts': ["import { Problem } from '../api/problem';", 'noRestrictedImports'],
    'app/src/database/problem.ts': ["import { Problem } from '../api/problem';", 'noRestrictedImports'],
    'app/src/jobs/command.ts': ["import { findJobs } from '../commands/jobs';", 'noRestrictedImports'],
    'app/src/market/driver.ts': ["import pg from 'pg';", 'noRestrictedImports'],
    'app/src/api/command.ts': ["import { findJobs } from '../commands/jobs';", 'noRestrictedImports'],
    'app/src/api/routes/statement.ts': ["import { sql } from '../../database/sql';", 'noRestrictedImports'],
    'app/src/api/routes/driver.ts': ["import pg from 'pg';", 'noRestrictedImports'],
    'app/src/api/routes/sibling.ts': ["import { addJobRoutes } from './jobs';", 'noRestrictedImports'],
    'app/src/commands/printing.ts': ["import { print } from '../cli/terminal';", 'noRestrictedImports'],
    'app/src/commands/config.ts': ["import { images } from '../../../config/versions';", 'noRestrictedImports'],
    'stacks/environment.ts': ['export const home = process.env.HOME;', 'noProcessEnv'],
    'app/src/environment.ts': ['export const home = process.env.HOME;', 'noProcessEnv'],
    ...circleOfTypes('app/src/market'),
    ...circleOfTypes('constructs/api'),
    ...circleOfTypes('constructs/workload'),
    ...circleOfTypes('stacks'),
    ...circleOfTypes('config'),
    ...circleOfTypes('e2e'),
  };
  const accepted: Record<string, string> = {
    'constructs/api/api.ts': "import { Workload } from '../workload/workload';",
    'constructs/workload/docker.ts': "import { Container } from '@cdktf/provider-docker/lib/container';",
    'stacks/system.ts': "import { Api } from '../constructs/api/api';",
    'app/src/api/routes/jobs.ts': "import { listJobs } from '../../jobs/job-store';",
    'app/src/cli/jobs.ts': "import { findJobs } from '../commands/jobs';",
    'app/src/database/pool.ts': "import pg from 'pg';",
    'app/src/roles/api.ts': "import { buildApi } from '../api/api';",
    'main.ts': 'export const home = process.env.HOME;',
  };
  let findings: Array<{ file: string; rule: string }>;

  beforeAll(() => {
    const directory = mkdtempSync(join(tmpdir(), 'lint-'));
    try {
      const settings = JSON.parse(readFileSync(join(repositoryRoot, 'biome.json'), 'utf8'));
      writeFileSync(join(directory, 'biome.json'), JSON.stringify({ ...settings, vcs: { enabled: false } }));
      const sources = Object.entries(violations).map(([file, [source]]): [string, string] => [file, source]);
      for (const [file, source] of [...sources, ...Object.entries(accepted)]) {
        mkdirSync(join(directory, dirname(file)), { recursive: true });
        writeFileSync(join(directory, file), `${source}\n`);
      }
      const biome = join(repositoryRoot, 'node_modules/.bin/biome');
      const { stdout } = spawnSync(biome, ['lint', '--reporter=github', '--max-diagnostics=none', '.'], {
        cwd: directory,
        encoding: 'utf8',
      });
      findings = [...stdout.matchAll(/title=lint\/\w+\/(\w+),file=(?:\.\/)?([^,]+),/g)].map(
        ([, rule = '', file = '']) => ({
          file: file.replace(`${directory}/`, ''),
          rule,
        }),
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test.each(
    Object.entries(violations).map(([file, [source, rule]]) => [file, source.split('\n')[0] as string, rule] as const),
  )('it refuses in %s: %s', (file, _, rule) => {
    expect(findings).toContainEqual({ file, rule });
  });

  test('and accepts what they allow', () => {
    const forbidding = findings.filter(({ rule }) =>
      ['noRestrictedImports', 'noProcessEnv', 'noImportCycles'].includes(rule),
    );
    expect(forbidding.filter(({ file }) => file in accepted)).toEqual([]);
  });
});
