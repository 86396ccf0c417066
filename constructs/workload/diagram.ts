import { type Connections, outside } from './connections';
import { resourceName } from './naming';

/** Components by what they are to the system, then an arrow for each edge: a Mermaid flowchart of the architecture. */
export function mermaid(connections: Connections): string {
  const workloads = new Map(
    connections.edges
      .flatMap(({ from, to }) => (from === outside ? [to] : [from, to]))
      .map((one) => [one.component, one]),
  );
  const nodes = [...workloads.values()]
    .map(({ component, props }) => {
      const shape = props.kind === 'stateful' ? ['[(', ')]'] : ['[', ']'];
      return `  ${component}${shape.join(`"${resourceName(component)}<br/>${props.image.reference}"`)}`;
    })
    .sort();
  const arrows = connections.edges.map(({ from, to, port }) => {
    const source = from === outside ? `${outside}((${outside}))` : from.component;
    return `  ${source} -->|${to.port(port)}| ${to.component}`;
  });
  const departures = connections.departures.map(
    ({ from, host, port }) => `  ${from.component} -->|${port}| ${host.replaceAll('.', '_')}((${host}))`,
  );
  return ['flowchart LR', ...nodes, ...arrows, ...departures].join('\n');
}
