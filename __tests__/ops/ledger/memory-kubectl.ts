import { text } from 'node:stream/consumers';
import type { Ended, ToolOptions } from '../../../ops/src/place/tool';

interface ConfigMap {
  metadata: { name: string; resourceVersion?: string; labels: Record<string, string> };
  data: object;
}

/** What a cluster does with ConfigMaps of one namespace, as kubectl tells of it. */
export class MemoryKubectl {
  readonly objects = new Map<string, ConfigMap>();
  hasNamespace = false;
  isAway = false;
  #version = 0;

  readonly run = async (words: readonly string[], { input }: ToolOptions = {}): Promise<Ended> => {
    const given = input && (await text(input));
    if (this.isAway) return failed('Unable to connect to the server: dial tcp: connection refused');
    const [verb, ...rest] = words;
    if (verb === 'create' && rest[0] === 'namespace') {
      this.hasNamespace = true;
      return done('');
    }
    if (given) return this.#put(verb === 'create', JSON.parse(given));
    if (verb === 'delete') for (const name of rest.slice(1, rest.indexOf('-n'))) this.objects.delete(name);
    if (verb === 'get' && rest[0] === 'configmap') {
      const found = this.objects.get(rest[1] as string);
      return done(found ? JSON.stringify(found) : '');
    }
    const wanted = rest.at(rest.indexOf('-l') + 1)?.split('=')[1];
    const items = [...this.objects.values()].filter(({ metadata }) => Object.values(metadata.labels)[0] === wanted);
    return done(JSON.stringify({ items }));
  };

  #put(isNew: boolean, object: ConfigMap): Ended {
    if (!this.hasNamespace) return failed('Error from server (NotFound): namespaces "state" not found');
    const { name, resourceVersion } = object.metadata;
    const there = this.objects.get(name);
    if (isNew && there) return failed(`Error from server (AlreadyExists): configmaps "${name}" already exists`);
    if (!isNew && there?.metadata.resourceVersion !== resourceVersion)
      return failed('Error from server (Conflict): the object has been modified');
    this.#version += 1;
    this.objects.set(name, { ...object, metadata: { ...object.metadata, resourceVersion: `${this.#version}` } });
    return done('');
  }
}

const done = (output: string): Ended => ({ status: 0, output, said: '' });
const failed = (said: string): Ended => ({ status: 1, output: '', said });
