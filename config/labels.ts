import { z } from 'zod';
import { labels, qualifiedName } from './kubernetes-fields';

/** What the platform's own labels and annotations are called; whoever takes one away finds its objects no more. */
const ownNames =
  /^(app\.kubernetes\.io\/(name|instance|component|part-of|managed-by|version)|janitor\/(ttl|expires)|(stockanalysis\.com|prometheus\.io|pod-security\.kubernetes\.io|kubectl\.kubernetes\.io)\/.+)$/;

const namesOfOthers = (all: Readonly<Record<string, string>>) => !Object.keys(all).some((name) => ownNames.test(name));

const othersNames = 'other names than those that the platform gives itself (constructs/workload/labels.ts)';

/** Labels of an estate, beside the platform's. */
export const estateLabels = labels.refine(namesOfOthers, othersNames);

/** Annotations of an estate, beside the platform's. */
export const estateAnnotations = z.record(qualifiedName, z.string()).refine(namesOfOthers, othersNames);

/** One of the platform's own names of each form. */
const examplesOfOwn = [
  'app.kubernetes.io/name',
  'app.kubernetes.io/part-of',
  'app.kubernetes.io/managed-by',
  'stockanalysis.com/files',
  'prometheus.io/scrape',
  'pod-security.kubernetes.io/enforce',
];

/** A pattern of names that others write: Terraform neither reads them nor takes them away. */
export const ignoredNames = z
  .string()
  .refine(
    isPatternOfOthers,
    "a regular expression that fits none of the platform's own names, e.g. ^field\\.cattle\\.io/",
  );

function isPatternOfOthers(text: string): boolean {
  try {
    const pattern = new RegExp(text);
    return text !== '' && !examplesOfOwn.some((name) => pattern.test(name));
  } catch {
    return false;
  }
}
