import { ageText } from '../cli/texts';
import { ask } from '../place/ask';
import { activeTargets, type Target } from '../place/verification';
import { type Component, isBroken, isRolling, isStopped, isThere, isWell, stateOf } from '../running/component';
import { componentsOf } from '../running/components';
import { recentErrors } from '../running/recent-errors';
import { type Check, fail, ok, skipped, type Verdict, warn } from './check';
import type { Subject } from './subject';
import { allTargets, deployed } from './target';

const lately = { seconds: 3_600, text: 'hour' };
/** Always fires: it says that alerts arrive. */
const watchdog = 'Watchdog';

export const runningChecks: readonly Check[] = [
  {
    id: 'RUN-001',
    scope: allTargets,
    title: 'every component runs',
    needs: ['ENGINE-001', 'K8S-002', 'ENV-001'],
    severity: 'fail',
    expected: 'as many ready copies as are wanted of each',
    command: 'npm run stockops -- status {environment}',
    about:
      'Of the embedded product: whether `npm start` runs. Where nothing is deployed yet there is nothing to ask, and what depends on it is skipped. What was stopped by `stockops down` starts again by `stockops up`. ' +
      'Pages: [PodsNotReady](runbooks/PodsNotReady.md), [service-does-not-answer](runbooks/service-does-not-answer.md).',
    timeoutSeconds: 30,
    run: componentsRun,
  },
  {
    id: 'RUN-002',
    scope: allTargets,
    title: 'the API answers',
    needs: ['RUN-001'],
    severity: 'fail',
    expected: '/health is answered by 200, through the gateway where there is one (manual 3.2)',
    command: 'npm run stockops -- logs {environment} api --since 15m',
    about: 'Asked as a client asks. Page: [HealthNotReached](runbooks/HealthNotReached.md).',
    timeoutSeconds: 30,
    run: apiAnswers,
  },
  {
    id: 'RUN-003',
    scope: deployed,
    title: 'nothing ended by itself lately',
    needs: ['RUN-001'],
    severity: 'warn',
    expected: `no container that ended within the last ${lately.text} and was started again`,
    command: 'npm run stockops -- status {environment}',
    about:
      'What comes back by itself is well again, and its reason is not known. Pages: [ContainerRestarts](runbooks/ContainerRestarts.md), [ContainerOutOfMemory](runbooks/ContainerOutOfMemory.md).',
    run: nothingEnded,
  },
  {
    id: 'RUN-004',
    scope: deployed,
    title: 'Prometheus scrapes everything that it knows',
    needs: ['RUN-001'],
    severity: 'fail',
    expected: 'every target up',
    command: 'npm run stockops -- status {environment}',
    about: 'What is not scraped can raise no alert. Page: [TargetDown](runbooks/TargetDown.md).',
    run: targetsAreUp,
  },
  {
    id: 'RUN-005',
    scope: deployed,
    title: 'no alert fires',
    needs: ['RUN-004'],
    severity: 'warn',
    expected: 'none but Watchdog, which always does',
    command: 'less docs/runbooks/ALERT.md',
    about: 'Each alert has a page among the [runbooks](runbooks/README.md).',
    run: noAlertFires,
  },
  {
    id: 'RUN-006',
    scope: allTargets,
    title: 'the application logged no error lately',
    needs: ['RUN-001'],
    severity: 'warn',
    expected: 'no record of level ERROR or above within 15 minutes',
    command: 'npm run stockops -- logs {environment} api --since 15m',
    about: 'API, worker and scheduler are asked; of the embedded product, its log file.',
    timeoutSeconds: 30,
    run: async (subject) => {
      const errors = await recentErrors(subject.folder ? subject.folder.logFile : subject.place, subject.signal);
      const [first] = errors;
      return first
        ? warn(`${errors.length} records; the last: ${first.text}`, {
            object: first.component,
            command: `npm run stockops -- logs {environment} ${first.component} --since 15m`,
            evidence: errors.map(({ component, text }) => `${component}: ${text}`).slice(0, 20),
          })
        : ok('none within 15 minutes');
    },
  },
];

/** Asked once. */
export const componentsOfSubject = (subject: Subject) =>
  subject.once('components', async () => (subject.place ? componentsOf(subject.place, subject.signal) : []));

async function componentsRun(subject: Subject): Promise<Verdict> {
  if (subject.folder) {
    return subject.folder.isRunning
      ? ok(`npm start runs on ${subject.folder.path}`)
      : skipped('npm start does not run; start it: npm start');
  }
  return tellOfComponents(await componentsOfSubject(subject), subject.upCommand);
}

/** @param upCommand starts what was stopped and deploys what is missing */
export function tellOfComponents(components: readonly Component[], upCommand: string): Verdict {
  if (!components.some(isThere)) return skipped(`nothing of it is deployed; deploy it: ${upCommand}`);
  const notWell = components.filter((each) => !isWell(each));
  const faults = notWell.map(
    (each) => `${each.name} ${stateOf(each)}${each.fault && !isStopped(each) ? `: ${each.fault}` : ''}`,
  );
  if (faults.length === 0) return ok(`${components.length} components`);
  if (notWell.every(isRolling)) {
    return warn(`what ran before serves still: ${faults.join('; ')}`, {
      object: notWell[0]?.name,
      evidence: faults,
      command: 'npm run stockops -- status {environment}',
    });
  }
  const broken = components.find(isBroken);
  return fail(`${faults.length} of ${components.length} do not: ${faults.join('; ')}`, {
    object: (broken ?? notWell[0])?.name,
    evidence: faults,
    command: broken ? `npm run stockops -- logs {environment} ${broken.name} --since 15m` : upCommand,
  });
}

async function apiAnswers(subject: Subject): Promise<Verdict> {
  const asked = async (address: string, host: string) => {
    const begun = performance.now();
    const { status } = await ask(`${address}/health`, host, {}, subject.signal);
    const milliseconds = Math.round(performance.now() - begun);
    return (status === 200 ? ok : fail)(`${address}/health is ${status}, after ${milliseconds} ms`, { object: 'api' });
  };
  if (subject.folder) return asked(`http://127.0.0.1:${subject.folder.httpPort}`, 'localhost');
  const { place } = subject;
  if (!place) throw new Error('there is no place to ask');
  return place.withGateway((address) => asked(address, place.host), subject.signal);
}

async function nothingEnded(subject: Subject): Promise<Verdict> {
  const components = await componentsOfSubject(subject);
  const ended = components.flatMap(({ name, restarts, endedAt }) => {
    const ageSeconds = endedAt ? (Date.now() - endedAt.getTime()) / 1000 : Number.POSITIVE_INFINITY;
    return ageSeconds < lately.seconds ? [`${name} ended ${ageText(ageSeconds)} ago, ${restarts} times in all`] : [];
  });
  return ended.length === 0
    ? ok(`nothing within the last ${lately.text}`)
    : warn(ended.join('; '), { object: ended[0]?.split(' ')[0], evidence: ended });
}

const hasPrometheus = ({ stacks }: Subject): boolean =>
  stacks.some(
    ({ resources }) => resources.docker_container?.prometheus ?? resources.kubernetes_stateful_set_v1?.prometheus,
  );

async function targetsAreUp(subject: Subject): Promise<Verdict> {
  const { place } = subject;
  if (!place || !hasPrometheus(subject)) return skipped('the environment has no Prometheus of its own');
  return tellOfTargets(await activeTargets(place));
}

/** @param targets that Prometheus has not scraped once are no fault: it was started a moment ago, or they were */
export function tellOfTargets(targets: readonly Target[]): Verdict {
  if (targets.length === 0) return fail('it knows no target', { object: 'prometheus' });
  const named = (wanted: string) => targets.filter(({ health }) => health === wanted).map(nameOfTarget);
  const down = named('down');
  if (down.length > 0) return fail(down.join('; '), { object: `target ${down[0]?.split(' ')[0]}`, evidence: down });
  const early = named('unknown');
  return early.length === 0
    ? ok(`${targets.length} targets`)
    : warn(`not scraped yet: ${early.join('; ')}; look again in a minute`, { evidence: early });
}

const nameOfTarget = ({ labels, lastError }: Target): string => `${labels.job} ${labels.instance} ${lastError}`.trim();

interface Alert {
  readonly state: string;
  readonly labels: { readonly alertname: string; readonly severity?: string };
  readonly annotations: { readonly description?: string };
}

async function noAlertFires({ place }: Subject): Promise<Verdict> {
  const { data } = JSON.parse((await place?.askPrometheus('/api/v1/alerts')) ?? '{}');
  const firing = (data.alerts as Alert[])
    .filter(({ state, labels }) => state === 'firing' && labels.alertname !== watchdog)
    .map(({ labels, annotations }) => `${labels.alertname}: ${annotations.description ?? labels.severity}`);
  if (firing.length === 0) return ok('none');
  const [name] = firing[0]?.split(':') ?? [];
  return warn(firing.join('; '), {
    object: name,
    command: `less docs/runbooks/${name}.md`,
    evidence: firing,
  });
}
