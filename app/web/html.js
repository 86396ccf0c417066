import htm from 'htm';
import { h } from 'preact';

/** Elements written as HTML. Values become text or properties, never markup. */
export const html = /** @type {(strings: TemplateStringsArray, ...values: unknown[]) => import('preact').VNode} */ (
  htm.bind(h)
);
