import { z } from 'zod';
import { dnsLabel } from './fields';

/** Kinds of values that objects of Kubernetes have. */

const subdomain = /[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*/.source;
const lastPart = /[a-zA-Z0-9](?:[-\w.]{0,61}[a-zA-Z0-9])?/.source;
const qualified = new RegExp(`^(${subdomain}/)?${lastPart}$`);

/** The name of an object that is there already. */
export const objectName = z
  .string()
  .regex(new RegExp(`^(?=.{1,253}$)${subdomain}$`), 'a name of lower-case letters, digits, "-" and "."');

/** A name that may have a domain before it, such as service.k8s.aws/nlb. */
export const qualifiedName = z.string().regex(qualified, 'a name, with a domain and "/" before it or without');

/** What somebody else reads of an object of ours. */
export const annotations = z
  .record(z.string().regex(qualified, 'a name of an annotation, e.g. example.com/name'), z.string())
  .default({});

export const labels = z
  .record(
    z.string().regex(qualified, 'a name of a label'),
    z.string().regex(new RegExp(`^(${lastPart})?$`), 'a value of a label'),
  )
  .refine((all) => Object.keys(all).length > 0, 'one label or more');

/** Pods that somebody else runs in the same cluster. */
export const podsOfOthers = z.strictObject({ namespace: dnsLabel, labels });
