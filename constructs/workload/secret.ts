import { Construct } from 'constructs';
import { Environment } from './environment';
import { resourceName } from './naming';

export interface SecretProps {
  /** The component the secret belongs to; names the Kubernetes Secret and the local folder. */
  readonly component: string;
  /** Key to text, in which `{password}` stands for the generated password. */
  readonly keys: Readonly<Record<string, string>>;
  /**
   * Raise it to have a new password made and written, and its readers restarted.
   * @default 1
   */
  readonly revision?: number;
}

/**
 * A generated password, in the forms its readers want it. Nothing here or in the synthesized output is secret:
 * in a cluster Terraform makes the password while it applies and writes it without keeping it in its state;
 * on Docker it is read from files outside git.
 */
export class Secret extends Construct {
  readonly component: string;
  readonly name: string;
  readonly keys: Readonly<Record<string, string>>;
  readonly revision: number;

  constructor(scope: Construct, id: string, props: SecretProps) {
    super(scope, id);
    this.component = props.component;
    this.name = resourceName(props.component);
    this.keys = props.keys;
    this.revision = props.revision ?? 1;
    Environment.of(this).registerSecret(this);
  }

  /** The text of every key, for a password. */
  contents(password: string): Record<string, string> {
    return Object.fromEntries(
      Object.entries(this.keys).map(([key, text]) => [key, text.replaceAll('{password}', () => password)]),
    );
  }

  /** One key as a file of a workload. */
  file(key: string): SecretFile {
    if (!(key in this.keys)) {
      throw new Error(`secret "${this.name}" has no key "${key}", it has: ${Object.keys(this.keys).join(', ')}`);
    }
    return { secret: this, key };
  }
}

/** A key of a secret, read by a workload as a file. */
export interface SecretFile {
  readonly secret: Secret;
  readonly key: string;
}
