import { finding, type Gate } from './finding';
import type { Manifest } from './manifest';
import { withFile } from './manifest-file';
import type { PythonTools } from './python-tools';
import type { Rendered } from './rendered';

const words = ['--framework=kubernetes', '--skip-download', '--output=json', '--compact', '--quiet', '--soft-fail'];

/** What checkov says of manifests: its checks of Terraform's resources do not look at StatefulSets. It starts slowly, and so once. */
export const checkovGate =
  (tools: PythonTools): Gate =>
  (all) =>
    withFile(all.flatMap(apartFromOthers), async (file) => {
      const { results } = JSON.parse(await tools.output('checkov', [...words, `--file=${file}`])) as Checked;
      return results.failed_checks.map(({ check_id, check_name, resource }) => {
        const [kind = '', place = '', name = ''] = resource.split('.');
        const rendered = all[Number(place.match(/\d+$/)?.[0])];
        if (!rendered) throw new Error(`checkov names ${resource}, which is of no environment`);
        return finding(rendered, check_id, `${kind}/${name}`, check_name);
      });
    });

/** Namespaces of two environments may have one name. */
const apartFromOthers = ({ manifests }: Rendered, index: number): Manifest[] =>
  manifests.map((manifest) => ({
    ...manifest,
    metadata: { ...manifest.metadata, namespace: `${manifest.metadata.namespace ?? 'cluster'}-${index}` },
  }));

interface Checked {
  readonly results: {
    readonly failed_checks: ReadonlyArray<{
      readonly check_id: string;
      readonly check_name: string;
      /** Kind, namespace and name. */
      readonly resource: string;
    }>;
  };
}
