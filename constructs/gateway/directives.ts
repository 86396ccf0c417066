/** A directive of Nginx, or a block: its name and what is in it. */
export type Directive = string | readonly [block: string, directives: readonly Directive[]];

/** Directives as Nginx reads them: one, or one brace, a line. */
export const renderDirectives = (directives: readonly Directive[], indent = ''): string =>
  directives
    .map((directive) =>
      typeof directive === 'string'
        ? `${indent}${directive};\n`
        : `${indent}${directive[0]} {\n${renderDirectives(directive[1], `${indent}  `)}${indent}}\n`,
    )
    .join('');
