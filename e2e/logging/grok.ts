import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Grok } from './run-pipeline';

/** Stands for the end of a line in what is one line to the checker. */
const lineEnd = '\u2028';

/**
 * Elasticsearch's own grok, by GrokCheck.java beside es-node.sh.
 *
 * @param tools folder of GrokCheck.java
 * @param node folder of an installed node
 */
export const grokOf =
  (tools: string, node: string): Grok =>
  (pattern, text) => {
    const java = process.env.ES_JAVA ?? '/usr/lib/jvm/temurin-25-jdk-amd64/bin/java';
    const names: string[] = [];
    // Groups whose names are references are Logstash's; the other engine has plain names.
    const plain = pattern.replaceAll(/\(\?<(\[[^>]+\])>/g, (_, name) => `(?<group${names.push(name) - 1}>`);
    const fields = [...plain.matchAll(/%\{\w+:(\[[^:}]+\])/g)].map(([, name = '']) => name);
    const { status, stdout, stderr } = spawnSync(
      java,
      ['-cp', join(node, 'lib/*'), join(tools, 'GrokCheck.java'), 'grok', plain.replaceAll('(?m:.*)', '.*')],
      { input: text.replaceAll('\n', lineEnd), encoding: 'utf8' },
    );
    if (status === 1) return undefined;
    if (status !== 0) throw new Error(stderr);
    const known = [...names.map((_, index) => `group${index}`), ...fields];
    const parts = stdout
      .trim()
      .slice(1, -1)
      .split(/, (?=group\d+=|\[)/);
    return Object.fromEntries(
      parts.flatMap((part) => {
        const name = known.find((each) => part.startsWith(`${each}=`));
        if (name === undefined) throw new Error(`cannot read what grok found: ${stdout}`);
        const field = names[Number(/^group(\d+)$/.exec(name)?.[1])] ?? name;
        return [[field, part.slice(name.length + 1).replaceAll(lineEnd, '\n')]];
      }),
    );
  };
