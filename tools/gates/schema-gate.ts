import Ajv, { type ValidateFunction } from 'ajv/dist/2020';
import { isCustomKind } from '../../constructs/workload/custom-object';
import { finding, type Gate, gateOf, objectOf } from './finding';
import type { Manifest } from './manifest';
import type { Schemas } from './schemas';

/**
 * Whether one version of Kubernetes knows every kind, field and value. What an operator brings the schema of is left to the
 * operator.
 */
export function schemaGate(version: string, schemas: Schemas): Gate {
  const ajv = new Ajv({ strict: false, validateFormats: false, schemas: [schemas.definitions] });
  const known = new Map<string, ValidateFunction | undefined>();
  const validatorOf = ({ apiVersion, kind }: Manifest) => {
    const key = `${apiVersion}/${kind}`;
    const schema = known.has(key) ? undefined : schemas.of(apiVersion, kind);
    if (!known.has(key)) known.set(key, schema && ajv.compile(schema));
    return known.get(key);
  };
  const judge = (manifest: Manifest): string[] => {
    const validate = validatorOf(manifest);
    if (!validate) return [`there is no ${manifest.apiVersion} ${manifest.kind}`];
    validate(manifest);
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      [instancePath, message, ...Object.values(params)].join(' '),
    );
  };
  return gateOf((rendered) =>
    rendered.manifests
      .filter(({ apiVersion }) => !isCustomKind(apiVersion))
      .flatMap((manifest) =>
        judge(manifest).map((text) => finding(rendered, `schema-${version}`, objectOf(manifest), text)),
      ),
  );
}
