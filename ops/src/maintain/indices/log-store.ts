import type { Subject } from '../../checks/subject';
import { CannotTell, Refusal } from '../../failures';
import type { Place } from '../../place/place';
import { filesOf, type Resource, resourcesOf, type SynthesizedStack } from '../../place/synthesized';

/** The password reaches curl by its input: arguments are read by others. */
const script = `printf 'user = "elastic:%s"\\n' "$(cat /etc/stock-analysis/superuser-password)" |
  curl --silent --show-error --globoff --max-time 20 --config - --write-out '\\n%{http_code}' --request "$1" "http://127.0.0.1:9200$2"`;

const answerSeconds = 40;

/** What the stacks say of the logs of an environment. */
export interface LogRetention {
  /** Of the lifecycle that deletes them. */
  policy: string;
  /** Days after which an index goes, counted from its last line. */
  days: number;
  /** Whether the Elasticsearch is the environment's own. */
  isOurs: boolean;
}

interface SetUpRequest {
  readonly path: string;
  readonly body?: Resource;
}

const policyPath = '/_ilm/policy/';

/** How long logs are kept, as the set-up of Elasticsearch is described; undefined where the environment has none. */
export function describedRetention(stacks: readonly SynthesizedStack[]): LogRetention | undefined {
  const requests = filesOf(stacks, 'requests.json').flatMap((text) => JSON.parse(text) as SetUpRequest[]);
  const lifecycle = requests.find(({ path }) => path.startsWith(policyPath));
  if (!lifecycle) return undefined;
  const isOurs = ['docker_container', 'kubernetes_stateful_set_v1'].some((type) =>
    resourcesOf(stacks, type).some(({ name }) => name === 'elasticsearch'),
  );
  const days = Number.parseInt(lifecycle.body.policy.phases.delete.min_age, 10);
  return { policy: lifecycle.path.slice(policyPath.length), days, isOurs };
}

/** The logs of an environment, in an Elasticsearch of its own. @throws Refusal where it has none */
export function logsOf({ stacks, place, environment, signal }: Subject): { store: LogStore; retention: LogRetention } {
  const retention = describedRetention(stacks);
  if (retention?.isOurs && place) return { store: new LogStore(place, signal), retention };
  throw new Refusal(`${environment} has no Elasticsearch of its own; whoever runs that of its logs deletes there`);
}

/** The Elasticsearch of an environment, asked from within its container as its superuser: no other user may delete. */
export class LogStore {
  constructor(
    private readonly place: Place,
    private readonly signal: AbortSignal,
  ) {}

  get environment(): string {
    return this.place.environment;
  }

  /**
   * @returns what it answered
   * @throws CannotTell where it does not answer, Refusal with what it refused
   */
  async ask(method: 'GET' | 'DELETE', path: string): Promise<Resource> {
    const answer = await this.find(method, path);
    if (answer !== undefined) return answer;
    throw new Refusal(`Elasticsearch has nothing at ${path}`);
  }

  /** As `ask`. @returns undefined for what is not there */
  async find(method: 'GET' | 'DELETE', path: string): Promise<Resource | undefined> {
    const words = ['sh', '-c', script, 'sh', method, path];
    const { status, output, said } = await this.place.run('elasticsearch', words, {
      signal: this.signal,
      limitSeconds: answerSeconds,
    });
    if (status !== 0) throw new CannotTell(`Elasticsearch cannot be asked: ${said.trim()}`);
    const lines = output.trimEnd().split('\n');
    const code = Number(lines.pop());
    const body = lines.join('\n');
    if (code === 404) return undefined;
    if (code >= 200 && code < 300) return JSON.parse(body);
    const message = `Elasticsearch answers ${code} to ${method} ${path}: ${body.slice(0, 300)}`;
    throw code >= 500 || code === 429 ? new CannotTell(message) : new Refusal(message);
  }
}
