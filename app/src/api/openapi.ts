/** A part of the description: an object of JSON, whatever it describes. */
type Part = Record<string, unknown>;

const isPart = (value: unknown): value is Part => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same with every object in it changed, the innermost first. */
function changed(value: unknown, change: (part: Part) => unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => changed(each, change));
  if (!isPart(value)) return value;
  return change(Object.fromEntries(Object.entries(value).map(([name, each]) => [name, changed(each, change)])));
}

/** A parameter or property with a default may be left out, which the schema that fills it in does not say. */
function withOptionalDefaults(part: Part): Part {
  const { schema, required, properties } = part;
  if (required === true && isPart(schema) && 'default' in schema) return { ...part, required: false };
  if (!Array.isArray(required) || !isPart(properties)) return part;
  const hasDefault = (name: string) => isPart(properties[name]) && 'default' in (properties[name] as Part);
  return { ...part, required: required.filter((name) => !hasDefault(name)) };
}

/** A description that clients can be generated from: schemas with a title stand once, among the components. */
export function forClients(description: object): object {
  const schemas: Part = {};
  const { components, ...rest } = changed(description, (part) => {
    const { title, ...schema } = withOptionalDefaults(part);
    if (typeof title !== 'string' || typeof schema.type !== 'string')
      return title === undefined ? schema : { title, ...schema };
    schemas[title] = schema;
    return { $ref: `#/components/schemas/${title}` };
  }) as Part & { components: Part };
  return { ...rest, components: { ...components, schemas } };
}
