import { BlockList, isIPv6 } from 'node:net';
import { z } from 'zod';

const isCidr = (text: string): boolean => z.union([z.cidrv4(), z.cidrv6()]).safeParse(text).success;

/** A network of either family. */
export const cidr = z.string().refine(isCidr, 'addresses as CIDR, e.g. 10.0.0.0/8 or fd00::/8');

/** Some addresses, not all: who believes everybody's X-Forwarded-For counts nobody. */
export const someAddresses = z
  .string()
  .refine((text) => isCidr(text) && !text.endsWith('/0'), 'addresses as CIDR, not all of them, e.g. 10.0.0.0/8');

/** Whether all addresses of one network are in another. */
export function isWithin(inner: string, outer: string): boolean {
  const [address = '', prefix] = inner.split('/');
  const [network = '', outerPrefix] = outer.split('/');
  if (isIPv6(address) !== isIPv6(network) || Number(prefix) < Number(outerPrefix)) return false;
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(network, Number(outerPrefix), family);
  return list.check(address, family);
}

/**
 * Where a cloud tells a machine what it is and gives it its rights: link-local addresses, and those that AWS, Google, Oracle and
 * Alibaba have beside these. No pod has anything to do there.
 */
export const metadataAddresses: readonly string[] = [
  '169.254.0.0/16',
  '100.100.100.200/32',
  'fe80::/10',
  'fd00:ec2::254/128',
  'fd20:ce::254/128',
  'fd00:c1::a9fe:a9fe/128',
];
