import { type Connections, outside } from './connections';
import type { Peer } from './peer';
import { Workload } from './workload';

/** Components by what they are to the system, then an arrow for each edge: a Mermaid flowchart of the architecture. */
export function mermaid({ edges }: Connections): string {
  const peers = new Set(edges.flatMap(({ from, to }) => (from === outside ? [to] : [from, to])));
  const nodes = [...peers].filter(({ pods }) => pods).map((peer) => `  ${peer.component}${shapeOf(peer)}`);
  const arrows = edges.map(({ from, to, port }) => {
    const client = from === outside ? `${outside}((${outside}))` : from.component;
    const server = to.pods ? to.component : `${to.component}((${to.name}))`;
    return `  ${client} -->|${to.port(port)}| ${server}`;
  });
  return ['flowchart LR', ...nodes.sort(), ...arrows].join('\n');
}

/** A drum for what has a volume, a box for what has none, a box with double sides for what others run. */
function shapeOf(peer: Peer): string {
  if (!(peer instanceof Workload)) return `[["${peer.name}"]]`;
  const label = `"${peer.name}<br/>${peer.props.image.reference}"`;
  return peer.props.kind === 'stateful' ? `[(${label})]` : `[${label}]`;
}
