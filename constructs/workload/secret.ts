import { Construct } from 'constructs';
import { type BoundaryName, namespaceOf } from './boundary';
import { Environment } from './environment';
import type { ReadableSecret, SecretFile } from './files';
import { resourceName } from './naming';

export interface SecretProps {
  /** The component the secret belongs to; names the Kubernetes Secret and the local folder. */
  readonly component: string;
  /** Told from other secrets of its component by this. @default - the only one */
  readonly suffix?: string;
  /** Key to text, in which `{password}` stands for the generated password; `given` for a text that people have. */
  readonly keys: Readonly<Record<string, string | typeof given>>;
  /**
   * Raise it to have a new password made and written, and its readers restarted.
   * @default 1
   */
  readonly revision?: number;
  /** Whose readers it is for: a pod mounts no secret of another namespace. @default 'workloads' */
  readonly boundary?: BoundaryName;
}

/**
 * A key whose text nobody can generate, such as a token of another company's service: the Terraform variable named
 * after it and its component in a cluster, a file to be filled in on Docker. Empty where it is not given. It stands alone
 * in its secret, or a raised revision would write the others too.
 */
export const given = Symbol('given');

/**
 * A generated password, in the forms its readers want it. Nothing here or in the synthesized output is secret:
 * in a cluster Terraform makes the password while it applies and writes it without keeping it in its state;
 * on Docker it is read from files outside git.
 */
export class Secret extends Construct implements ReadableSecret {
  readonly component: string;
  readonly name: string;
  readonly label: string;
  readonly environmentName: string;
  readonly keys: SecretProps['keys'];
  readonly revision: number;
  readonly namespace: string;

  constructor(scope: Construct, id: string, props: SecretProps) {
    super(scope, id);
    this.component = props.component;
    const { config } = Environment.of(this);
    this.environmentName = config.name;
    this.label = [props.component, ...(props.suffix ? [props.suffix] : [])].join('-');
    this.name = resourceName(config, this.label);
    this.keys = props.keys;
    this.revision = props.revision ?? 1;
    this.namespace = namespaceOf(config, props.boundary ?? 'workloads');
    refuseGivenBesideOthers(this);
    const environment = Environment.of(this);
    for (const key of this.givenKeys) environment.claim('variable', this.variableName(key), this);
    // Its Kubernetes Secret and its folder on Docker are named after it.
    environment.claim('secret', this.label, this);
  }

  /** The keys whose text people have to give. */
  get givenKeys(): string[] {
    return Object.keys(this.keys).filter((key) => this.keys[key] === given);
  }

  /** Terraform takes the text of a given key from TF_VAR_<name>. */
  variableName(key: string): string {
    return `${this.component}_${key}`.replaceAll('-', '_');
  }

  /** The text of every key, for a password and for what is given. */
  contents(password: string, textOfGiven: (key: string) => string): Record<string, string> {
    return Object.fromEntries(
      Object.entries(this.keys).map(([key, text]) => [
        key,
        text === given ? textOfGiven(key) : text.replaceAll('{password}', () => password),
      ]),
    );
  }

  /** One key as a file of a workload. */
  file(key: string, onChange?: SecretFile['onChange']): SecretFile {
    if (!Object.hasOwn(this.keys, key)) {
      throw new Error(`secret "${this.name}" has no key "${key}", it has: ${Object.keys(this.keys).join(', ')}`);
    }
    return { secret: this, key, onChange };
  }
}

function refuseGivenBesideOthers({ label, keys, givenKeys }: Secret): void {
  if (givenKeys.length === 0 || Object.keys(keys).length === 1) return;
  throw new Error(
    `secret "${label}": ${givenKeys.join(', ')} is given and stands beside others, allowed: a given key alone in its secret`,
  );
}
