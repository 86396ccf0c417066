import type { Exposure } from '../../config/components/exposure';

/** Without TLS, for those inside, their probes, and what ends TLS and speaks HTTP itself. */
export const inside = 'http';
/** For clients outside, who come themselves or through what passes their bytes on. */
export const publicHttp = 'public-http';
export const publicHttps = 'public-https';

export const insidePort = 8080;
/** Told to its companion alone. */
export const statusPort = 8081;
const publicHttpPort = 8082;
const publicHttpsPort = 8443;

/** Name of a port to its number. */
export type DirectPorts = Readonly<Record<string, number>>;

/** Ports that clients outside reach without anybody between who speaks HTTP. */
export function directPortsOf(exposure: Exposure): DirectPorts {
  switch (exposure.type) {
    case 'published':
      return { [publicHttp]: publicHttpPort, [publicHttps]: publicHttpsPort };
    case 'loadBalancer':
      return { [publicHttp]: publicHttpPort, ...(exposure.tls && { [publicHttps]: publicHttpsPort }) };
    default:
      return {};
  }
}
