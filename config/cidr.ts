import { z } from 'zod';

const isCidr = (text: string): boolean => z.union([z.cidrv4(), z.cidrv6()]).safeParse(text).success;

/** A network of either family. */
export const cidr = z.string().refine(isCidr, 'addresses as CIDR, e.g. 10.0.0.0/8 or fd00::/8');

/** Some addresses, not all: who believes everybody's X-Forwarded-For counts nobody. */
export const someAddresses = z
  .string()
  .refine((text) => isCidr(text) && !text.endsWith('/0'), 'addresses as CIDR, not all of them, e.g. 10.0.0.0/8');
