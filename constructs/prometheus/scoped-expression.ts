import { parser } from '@prometheus-io/lezer-promql';

/**
 * An expression of PromQL that looks at series with these labels alone: in a Prometheus of many, `up == 0` is about all of them.
 *
 * @throws Error for what is no PromQL
 */
export function scopedTo(labels: Readonly<Record<string, string>>, expression: string): string {
  const matchers = Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',');
  let scoped = '';
  let written = 0;
  const insert = (position: number, text: string) => {
    scoped += expression.slice(written, position) + text;
    written = position;
  };
  parser.parse(expression).iterate({
    enter: ({ name, node }) => {
      if (node.type.isError) throw new Error(`rule "${expression}": no PromQL at position ${node.from}`);
      if (name !== 'VectorSelector') return;
      const present = node.getChild('LabelMatchers');
      // A comma may stand before the closing brace, so that nothing has to be asked of what is within.
      if (present) insert(present.from + 1, `${matchers},`);
      else insert(node.to, `{${matchers}}`);
    },
  });
  return scoped + expression.slice(written);
}
