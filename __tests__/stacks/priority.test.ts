import { environmentByName, environmentNames } from '../../config/environments';
import { estates, managedCloud, restrictedCluster } from '../../examples/estates/environments';
import { podsOf } from '../kubernetes-objects';
import { environmentSystem, type SynthesizedSystem, synthesizedSystems } from '../synthesized';

const clusters = environmentNames.filter((name) => environmentByName(name).target === 'kubernetes');
const prioritiesOf = ({ stacks, stack }: SynthesizedSystem) =>
  new Set(
    stacks.flatMap(({ unit }) =>
      podsOf(stack(unit)).map(({ template }) => `${unit} ${template.spec.priority_class_name ?? 'none'}`),
    ),
  );
const classesOf = ({ stack }: SynthesizedSystem) =>
  Object.values(
    stack('platform').resources<{ metadata: { name: string }; value: number }>('kubernetes_priority_class_v1'),
  ).map(({ metadata, value }) => [metadata.name, value]);

test.each(clusters)('in %s what looks after the system makes room for what serves, and nobody else does', (name) => {
  const system = environmentSystem(name);
  expect(classesOf(system)).toEqual([
    [`stock-analysis-${name}-serving`, 0],
    [`stock-analysis-${name}-supporting`, -1000],
  ]);
  for (const line of prioritiesOf(system)) {
    const serves = /^(data|application) /.test(line);
    expect(line).toMatch(new RegExp(`stock-analysis-${name}-${serves ? 'serving' : 'supporting'}$`));
  }
});

test('an estate with a class for all has that alone, and one that lets nothing be made outside a namespace has none', () => {
  const [cloud, restricted] = synthesizedSystems([...estates]) as [SynthesizedSystem, SynthesizedSystem];
  expect([cloud.config.name, restricted.config.name]).toEqual([managedCloud.name, restrictedCluster.name]);
  expect([...prioritiesOf(cloud)].map((line) => line.split(' ')[1])).toEqual(expect.arrayContaining(['business']));
  expect([...prioritiesOf(cloud)].filter((line) => !line.endsWith(' business'))).toEqual([]);
  expect([...prioritiesOf(restricted)].filter((line) => !line.endsWith(' none'))).toEqual([]);
  expect([...classesOf(cloud), ...classesOf(restricted)]).toEqual([]);
});
