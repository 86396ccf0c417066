import { Readable } from 'node:stream';
import { fingerprintOf } from '../backup/fingerprint';
import { claims, KubernetesPlace, running } from '../place/kubernetes-place';
import { type Resource, resourcesOf, stackOf } from '../place/synthesized';
import type { Step } from '../walk/walk';
import { givenKeys, type KeyName, type Keys } from './keys';
import type { Apply, RecoveryPlace } from './recovery-place';

/** An environment that is brought back in a cluster. */
export class KubernetesRecovery extends KubernetesPlace implements RecoveryPlace {
  readonly offered = {};
  readonly howToEmpty =
    `Where it is of no use, remove it first: ALLOW_DESTROY=${this.environment} npm run destroy -- ${this.environment}`;

  /** Of the secrets that people give, by the variable of Terraform that each is taken from. */
  variables(keys: Keys): Record<string, string> {
    return Object.fromEntries(
      givenKeys.flatMap((name) => {
        const secret = this.#secretOf(name);
        const variable = secret && /^\$\{var\.(\w+)\}$/.exec(secret.resource.data_wo?.[secret.key])?.[1];
        const text = keys[name];
        return variable && text ? [[`TF_VAR_${variable}`, text]] : [];
      }),
    );
  }

  async found(): Promise<string[]> {
    const kinds = { [claims]: 'persistentvolumeclaim', ...running };
    const found = await Promise.all(
      Object.entries(kinds).map(async ([type, kind]) => {
        const described = resourcesOf(this.stacks, type).map(({ resource: { metadata } }) => metadata);
        const there = await this.there(kind, described);
        return described
          .filter(({ namespace, name }) => there.has(`${namespace}/${name}`))
          .map(({ name }) => `the ${kind} ${name}`);
      }),
    );
    return found.flat();
  }

  beforeStacks(): Step {
    const namespace = stackOf(this.stacks, 'data').backend.kubernetes?.namespace;
    return {
      name: 'state',
      phase: 'infrastructure',
      text: namespace
        ? `the namespace ${namespace}, which keeps the state of Terraform`
        : 'the state of Terraform is elsewhere',
      isSo: async () => {
        if (!namespace) return true;
        return (await this.kubectl(['get', 'namespace', namespace, '--ignore-not-found', '-o', 'name'])) !== '';
      },
      act: async () => {
        await this.kubectl(['create', 'namespace', namespace]);
        return '';
      },
    };
  }

  beforeBackup(keys: Keys, apply: Apply): Step[] {
    const secret = this.#secretOf('SECRET_KEY');
    if (!secret) return [];
    const { stack, address, key, resource } = secret;
    const { name, namespace } = resource.metadata;
    const where = ['secret', name, '-n', namespace];
    const there = async () => {
      const found = await this.kubectl(['get', ...where, '--ignore-not-found', '-o', `jsonpath={.data.${key}}`]);
      return found && Buffer.from(found, 'base64').toString();
    };
    return [
      {
        name: 'keys',
        phase: 'infrastructure',
        text: `the Secret ${name}, with the key that was kept apart`,
        isSo: async () => (keys.SECRET_KEY ? (await there()) === keys.SECRET_KEY : (await there()) !== ''),
        act: async () => {
          if (!(await there())) await apply(stack, 'keys', [address]);
          if (!keys.SECRET_KEY) return 'a new one: every API key is void';
          const data = { [key]: Buffer.from(keys.SECRET_KEY).toString('base64') };
          const changed = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, data };
          const words = ['apply', '--server-side', '--force-conflicts', '--field-manager=stockops', '-f', '-'];
          await this.kubectl(words, { input: Readable.from([JSON.stringify(changed)]) });
          return `fingerprint ${fingerprintOf(keys.SECRET_KEY)}`;
        },
      },
    ];
  }

  /** The Secret that the workload `backup` has a key from. */
  #secretOf(name: KeyName) {
    const { spec } = this.workload('backup').resource;
    const pod = spec.template.spec;
    const inside = pod.container[0].env.find((each: Resource) => each.name === `${name}_FILE`)?.value;
    const sources: Resource[] = pod.volume.flatMap((volume: Resource) =>
      (volume.projected ?? []).flatMap((projected: Resource) => projected.sources),
    );
    const items = sources
      .flatMap(({ secret = [] }) => secret)
      .flatMap((secret: Resource) => secret.items.map((item: Resource) => ({ secret: secret.name, ...item })));
    const item = items.find((each) => inside?.endsWith(`/${each.path}`));
    const found = resourcesOf(this.stacks, 'kubernetes_secret_v1').find(
      ({ resource }) => resource.metadata.name === item?.secret,
    );
    return found && { ...found, key: item.key as string, address: `kubernetes_secret_v1.${found.name}` };
  }
}
