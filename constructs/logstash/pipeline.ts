/** A value of the pipeline language. */
type Value = string | number | boolean | readonly string[] | { readonly [key: string]: string };

/** The plugins that the pipeline uses, each with the options that it knows: another one does not compile. */
interface Plugins {
  beats: { port: number };
  grok: { match: { readonly [field: string]: string }; tag_on_failure?: readonly string[] };
  json: { source: string; tag_on_failure?: readonly string[] };
  date: { match: readonly string[]; timezone?: string; tag_on_failure?: readonly string[] };
  mutate: {
    copy?: { readonly [field: string]: string };
    rename?: { readonly [field: string]: string };
    replace?: { readonly [field: string]: string };
    remove_field?: readonly string[];
  };
  elasticsearch: {
    hosts: readonly string[];
    user: string;
    password: string;
    ssl_certificate_authorities?: readonly string[];
    data_stream: boolean;
    manage_template: boolean;
  };
}

/** A plugin with an id, which its metrics are named after. */
interface Step {
  readonly plugin: keyof Plugins;
  readonly id: string;
  readonly options: Readonly<Record<string, Value | undefined>>;
}

/** What is done where a condition holds. */
export interface Branch {
  readonly when: string;
  readonly steps: readonly Step[];
}

/** One use of a plugin. */
export const step = <Name extends keyof Plugins>(plugin: Name, id: string, options: Plugins[Name]): Step => ({
  plugin,
  id,
  options: options as Step['options'],
});

export interface Pipeline {
  readonly input: readonly Step[];
  readonly filter: ReadonlyArray<Step | Branch>;
  readonly output: readonly Step[];
}

/** The pipeline in Logstash's language. */
export const renderPipeline = (pipeline: Pipeline): string =>
  (['input', 'filter', 'output'] as const)
    .map((section) => `${section} {\n${pipeline[section].map((part) => renderPart(part, '  ')).join('')}}\n`)
    .join('');

function renderPart(part: Step | Branch, indent: string): string {
  if ('when' in part) {
    const steps = part.steps.map((inner) => renderPart(inner, `${indent}  `)).join('');
    return `${indent}if ${part.when} {\n${steps}${indent}}\n`;
  }
  const options = Object.entries({ id: part.id, ...part.options })
    .map(([name, value]) => (value === undefined ? '' : `${indent}  ${name} => ${renderValue(value)}\n`))
    .join('');
  return `${indent}${part.plugin} {\n${options}${indent}}\n`;
}

function renderValue(value: Value): string {
  if (typeof value === 'number' || typeof value === 'boolean') return `${value}`;
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(quoted).join(', ')}]`;
  return `{ ${Object.entries(value)
    .map(([key, text]) => `${quoted(key)} => ${quoted(text)}`)
    .join(' ')} }`;
}

/** @throws Error for text that the language has no way to write: without escapes a string ends at its first quote */
function quoted(text: string): string {
  if (!text.includes("'")) return `'${text}'`;
  if (!text.includes('"')) return `"${text}"`;
  throw new Error(`Logstash: ${text}, allowed: a text with one kind of quotes`);
}
