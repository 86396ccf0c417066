import type { Branch, Pipeline } from '../../constructs/logstash/pipeline';

type Step = Branch['steps'][number];
/** Fields by their reference, such as `[log][level]`; the names in a record keep their dots. */
type Event = Map<string, unknown>;

/** What a grok pattern finds in a text, by field; undefined where it does not match. */
export type Grok = (pattern: string, text: string) => Readonly<Record<string, string>> | undefined;

const component = '[@metadata][component]';
const read = '1970-01-01T00:00:00.000Z';

/**
 * The document that a pipeline makes of a container's line, as far as we know Logstash: what stands here of its plugins is
 * ours, grok is Elasticsearch's.
 */
export function documentOf({ filter }: Pipeline, of: string, line: string, grok: Grok): Record<string, unknown> {
  const event: Event = new Map(
    Object.entries({ '@timestamp': read, message: line, '[docker][attrs][app.kubernetes.io/name]': of }),
  );
  for (const part of filter) {
    if ('steps' in part && !holds(part.when, event)) continue;
    for (const step of 'steps' in part ? part.steps : [part]) run(step, event, grok);
  }
  event.delete('[docker][attrs][app.kubernetes.io/name]');
  return nested(event);
}

function holds(condition: string, event: Event): boolean {
  return condition.split(' and ').every((term) => {
    const [, not, field, operator, value = ''] = /^(!?)((?:\[[^\]]+\])+)(?: (==|=~|!~|in) (.*))?$/.exec(term) ?? [];
    if (!field) throw new Error(`no such condition is known: ${condition}`);
    const found = event.get(field === '[message]' ? 'message' : field);
    if (!operator) return Boolean(found) !== (not === '!');
    if (operator === '==') return found === JSON.parse(value);
    if (operator === 'in') return (JSON.parse(value) as unknown[]).includes(found);
    return new RegExp(value.slice(1, -1)).test(`${found}`) === (operator === '=~');
  });
}

type Fields = Readonly<Record<string, string>>;

const plugins: Readonly<Record<string, (options: Step['options'], event: Event, grok: Grok) => void>> = {
  json: (_, event) => {
    for (const [name, value] of Object.entries(JSON.parse(`${event.get('message')}`))) event.set(name, value);
  },
  grok: ({ match }, event, grok) => {
    for (const [field, pattern] of Object.entries(match as Fields)) {
      for (const [name, text] of Object.entries(grok(pattern, `${event.get(field)}`) ?? {})) {
        event.set(name, pattern.includes(`:${name}:int}`) ? Number(text) : text);
      }
    }
  },
  date: ({ match, timezone }, event) => {
    const found = event.get((match as readonly string[])[0] as string);
    const zone = timezone === 'Asia/Shanghai' ? 'GMT+0800' : 'GMT';
    if (found) event.set('@timestamp', new Date(`${found} ${zone}`).toISOString());
  },
  mutate: ({ copy = {}, replace = {} }, event) => {
    for (const [from, to] of Object.entries(copy)) if (event.has(from)) event.set(to, event.get(from));
    for (const [to, text] of Object.entries(replace))
      event.set(to, text.replace(`%{${component}}`, `${event.get(component)}`));
  },
};

function run({ plugin, options }: Step, event: Event, grok: Grok): void {
  const known = plugins[plugin];
  if (!known) throw new Error(`no such filter is known: ${plugin}`);
  known(options, event, grok);
}

/** As objects in objects, without what Logstash keeps to itself. */
function nested(event: Event): Record<string, unknown> {
  const document: Record<string, unknown> = {};
  for (const [reference, value] of event) {
    if (reference.startsWith('[@metadata]')) continue;
    const path = reference.startsWith('[') ? reference.slice(1, -1).split('][') : [reference];
    const last = path.pop() as string;
    let place = document;
    for (const name of path) {
      place[name] ??= {};
      place = place[name] as Record<string, unknown>;
    }
    place[last] = value;
  }
  return document;
}
