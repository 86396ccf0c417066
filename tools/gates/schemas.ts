import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A JSON schema, as far as Kubernetes' own use it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
}

/** The schemas of one version of Kubernetes, in a folder as kubernetes-validate brings it. */
export class Schemas {
  readonly definitions: { readonly $defs: Readonly<Record<string, Schema>> };

  constructor(private readonly folder: string) {
    this.definitions = JSON.parse(readFileSync(join(folder, '_definitions.json'), 'utf8'));
  }

  /** The schema of a kind; nothing for one that Kubernetes does not have itself. */
  of(apiVersion: string, kind: string): Schema | undefined {
    const [group = '', version] = apiVersion.split('/');
    const api = version ? `${group.split('.')[0]}-${version}` : group;
    const file = join(this.folder, `${kind.toLowerCase()}-${api}.json`);
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  }

  /** What a reference refers to. */
  resolve(schema: Schema): Schema {
    const name = schema.$ref?.split('/').at(-1);
    return name ? this.resolve(this.definitions.$defs[name] as Schema) : schema;
  }
}
