import { z } from 'zod';
import { ConfigurationError } from './configuration-error';
import { defineEnvironment, type EnvironmentConfig } from './environment';
import { refuseCollisions } from './environment-files';
import { environmentByName, environmentNames, environments } from './environments';
import { previewOf } from './preview';

const schema = z.strictObject({
  name: z.string(),
  /** The environment that it is like. */
  from: z.string(),
  hours: z.int(),
  /** Whether monitoring and logs are part of it. */
  monitoring: z.boolean(),
  raised: z.strictObject({ by: z.string(), commit: z.string().optional(), until: z.string() }),
});

/** What `stockops preview up` says of a preview, in the variable PREVIEW. */
export type RaisedPreview = z.output<typeof schema>;

/**
 * The environment that one variable describes, beside those of config/environments.
 * @throws ConfigurationError where it is none, has the name of another one or would be in its way
 */
export function raisedPreview(text: string): EnvironmentConfig {
  const { name, from, hours, monitoring, raised } = read(text);
  if (environmentNames.includes(name)) {
    throw new ConfigurationError(`PREVIEW: name "${name}" is that of an environment, allowed: another one`);
  }
  const like = previewOf(environmentByName(from), { name, hours });
  const watched = monitoring ? like : { ...like, observability: undefined, logging: undefined };
  const config = defineEnvironment({ ...watched, raised });
  refuseCollisions([...environments, config]);
  return config;
}

function read(text: string): RaisedPreview {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new ConfigurationError(`PREVIEW is "${text}", allowed: what \`stockops preview up\` gives it, or nothing`);
  }
}
