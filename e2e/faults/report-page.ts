import { alertsInWords, type FaultResult, inWords, type Report } from './report';
import type { State } from './verdict';

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escaped = (text: unknown): string => String(text).replaceAll(/[&<>"]/g, (letter) => escapes[letter] ?? '');

const style = `
:root { color-scheme: light dark; --back: light-dark(#f6f7f9, #11151b); --card: light-dark(#fff, #1a2029);
  --text: light-dark(#17202b, #e4e9f0); --quiet: light-dark(#596575, #9aa6b5); --line: light-dark(#d9dee5, #2d3643);
  --good: light-dark(#1a7f4b, #4cc38a); --bad: light-dark(#c0262d, #ff7b80); --unknown: light-dark(#9a6200, #e5b454); }
* { box-sizing: border-box; }
body { margin: 0; padding: 1rem; background: var(--back); color: var(--text); font: 16px/1.45 system-ui, sans-serif; }
main { max-width: 80rem; margin: auto; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
h2 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
p { margin: .25rem 0; color: var(--quiet); }
ul { padding-left: 1.2rem; }
.state { font-weight: 700; } .good { color: var(--good); } .bad { color: var(--bad); } .unknown { color: var(--unknown); }
.totals, dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .5rem 1rem; margin: .75rem 0 0; }
.faults { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); gap: .75rem; margin-top: 1rem; }
article { background: var(--card); border: 1px solid var(--line); border-left: 4px solid currentColor; border-radius: .5rem; padding: .75rem 1rem; }
article > * { color: var(--text); } article > p { color: var(--quiet); }
dt { color: var(--quiet); font-size: .8rem; } dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
dl .wide { grid-column: 1 / -1; }
.reasons { color: var(--bad); }
@media print { body { background: none; } article { break-inside: avoid; } }
`;

const pair = (name: string, value: unknown, kind = ''): string =>
  `<div class="${kind}"><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`;

const milliseconds = ({ p99, requests }: FaultResult['latency']['before']): string =>
  `${p99 === undefined ? '–' : `${p99} ms`} (of ${requests})`;

const article = (row: FaultResult): string => `
<article class="${row.verdict.state}">
  <h2>${escaped(row.fault)}</h2>
  <p>Expected: ${escaped(row.expected)}</p>
  <div class="state ${row.verdict.state}">${escaped(inWords(row.verdict))}</div>
  <dl>
    ${pair('RTO', row.rtoSeconds === undefined ? 'never' : `${row.rtoSeconds} s`)}
    ${pair('RPO: lost jobs / rows', `${row.rpo.jobs} / ${row.rpo.rows}`)}
    ${pair('Doubled effects', row.duplicatedEffects)}
    ${pair('Failed / requests', `${row.failedRequests} / ${row.requests}`)}
    ${pair('Errors besides 503', row.hiddenErrors)}
    ${pair('Jobs accepted / run again', `${row.acceptedJobs} / ${row.jobsRunAgain}`)}
    ${pair('Fault lasted', `${row.faultSeconds} s`)}
    ${pair('Longest without a job', `${row.longestWithoutJobSeconds} s`)}
    ${pair('p99 before', milliseconds(row.latency.before))}
    ${pair('p99 during', milliseconds(row.latency.during))}
    ${pair('p99 after', milliseconds(row.latency.after))}
    ${pair('Alerts', alertsInWords(row.alerts), 'wide')}
    ${pair('Answers', counts(row.answers), 'wide')}
    ${pair('Health during', said(row.healthDuring), 'wide')}
  </dl>
</article>`;

const counts = (answers: FaultResult['answers']): string =>
  Object.entries(answers)
    .map(([outcome, times]) => `${outcome}: ${times}`)
    .join(', ');

const said = (health: FaultResult['healthDuring']): string =>
  Object.entries(health)
    .map(([role, words]) => `${role} ${words}`)
    .join('; ');

const sum = (faults: readonly FaultResult[], of: (row: FaultResult) => number): number =>
  faults.reduce((total, row) => total + of(row), 0);

const count = (faults: readonly FaultResult[], state: State): number =>
  faults.filter(({ verdict }) => verdict.state === state).length;

function totals({ faults, isWatched }: Report): string {
  const expected = sum(faults, ({ alerts }) => alerts?.expected.length ?? 0);
  const told = sum(faults, ({ alerts }) =>
    alerts ? alerts.expected.filter((name) => alerts.told.some(({ alert }) => alert === name)).length : 0,
  );
  return `<dl class="totals">
  ${pair('Faults', `${faults.length}: ${count(faults, 'good')} good, ${count(faults, 'unknown')} unknown, ${count(faults, 'bad')} not good`)}
  ${pair(
    'Jobs accepted',
    sum(faults, (row) => row.acceptedJobs),
  )}
  ${pair(
    'Jobs lost',
    sum(faults, ({ rpo }) => rpo.jobs),
  )}
  ${pair(
    'Rows lost',
    sum(faults, ({ rpo }) => rpo.rows),
  )}
  ${pair(
    'Effects doubled',
    sum(faults, (row) => row.duplicatedEffects),
  )}
  ${pair('Longest RTO', `${Math.max(0, ...faults.map((row) => row.rtoSeconds ?? 0))} s`)}
  ${pair('Alerts expected and told', isWatched ? `${told} of ${expected}` : 'not watched')}
</dl>`;
}

const samplesInWords: Readonly<Record<keyof Report['minSamples'], string>> = {
  requestsBefore: 'requests before it',
  requestsDuring: 'during it',
  requestsAfter: 'after it',
  acceptedJobs: 'accepted jobs',
};

/** The report as one page that needs nothing else, for a phone too. */
export const renderPage = (report: Report): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Faults: ${escaped(report.verdict.state)}</title>
<style>${style}</style>
<main>
<h1>Faults: <span class="${report.verdict.state}">${escaped(inWords({ ...report.verdict, reasons: [] }))}</span></h1>
<p>${escaped(report.startedAt)} to ${escaped(report.finishedAt)}, Node.js ${escaped(report.node)}, ${escaped(report.machine)},
load averages ${escaped(report.loadAverages.atStart.join(', '))} at the start and ${escaped(report.loadAverages.atEnd.join(', '))} at the end,
seed ${escaped(report.seed)}.</p>
<p>A fault with fewer than ${escaped(
  Object.entries(report.minSamples)
    .map(([name, least]) => `${least} ${samplesInWords[name as keyof Report['minSamples']]}`)
    .join(', '),
)} is unknown, and unknown is not good.
RTO counts from the fault's end; p99 is over all requests, those that failed too.</p>
${totals(report)}
${list('Not good', report.verdict.reasons)}
${list('Left out', report.leftOut)}
<div class="faults">${report.faults.map(article).join('')}
</div>
</main>
</html>
`;

const list = (title: string, items: readonly string[]): string =>
  items.length === 0
    ? ''
    : `<h2>${escaped(title)}</h2><ul class="reasons">${items.map((item) => `<li>${escaped(item)}</li>`).join('')}</ul>`;
