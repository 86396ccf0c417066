import { type Check, commandOf, defaultTimeoutSeconds } from './check';
import { categories, registry, retired } from './registry';

const introduction = `# Checks

\`npm run stockops -- doctor ENVIRONMENT\` asks all that apply to an environment, \`health\` and \`checklist\` some of them. Ids stay: one that is gone is given to no
other check. Written by \`npm run checks\` from \`ops/src/checks\`; not by hand.

| state | means |
|---|---|
| ok | it is so |
| warn | it is not so, and nothing stops yet |
| fail | it is not so |
| skipped | it has no answer here, for the reason that is told: nothing is deployed, or a check that it needs is not well |
| unknown | it could not be asked: something threw, or gave no answer in time |

Exit codes, the same with \`--json\`: 0 ok or warnings, 1 something failed (with \`--strict\` also warnings), 2 the command line is not usable, 3 something is unknown. What needs the
internet is no worse than a warning. Texts are shown without what looks like a password, a key or a token.
`;

/** docs/checks.md: every check, by its id. */
export const renderPage = (): string =>
  [
    introduction,
    ...Object.values(categories).map(({ title, checks }) => `## ${title}\n\n${checks.map(section).join('\n')}`),
    ...(retired.length > 0 ? [`## Gone\n\n${retired.join(', ')}\n`] : []),
  ].join('\n');

function section({ id, scope, title, needs = [], severity, expected, command, about, ...check }: Check): string {
  const commands =
    typeof command === 'string'
      ? command
      : scope.map((target) => `${commandOf({ scope, command }, target)}  # ${target}`).join('\n');
  const known = needs.filter((need) => registry.some((each) => each.id === need));
  const facts = [
    `**Asked of** ${scope.join(', ')}`,
    `**at worst** ${severity}`,
    ...(known.length > 0 ? [`**needs** ${known.map((need) => `[${need}](#${need.toLowerCase()})`).join(', ')}`] : []),
    ...(check.retrySeconds ? [`**asked again for** ${check.retrySeconds} s`] : []),
    `**waits at most** ${check.timeoutSeconds ?? defaultTimeoutSeconds} s`,
    ...(check.isProbe ? ['**only with** `--probe`'] : []),
  ];
  return `### ${id}

${title[0]?.toUpperCase()}${title.slice(1)}.

${facts.join(' · ')}

Expected: ${named(expected)}. ${named(about)}

\`\`\`sh
${named(commands)}
\`\`\`
`;
}

const named = (text: string): string =>
  text.replaceAll('{environment}', 'ENVIRONMENT').replaceAll('{namespace}', 'NAMESPACE');
