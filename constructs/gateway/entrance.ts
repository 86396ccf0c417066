import type { Exposure } from '../../config/components/exposure';
import { certificateFolder } from './certificate';
import type { TrustedProxies } from './client-config';
import type { Entrance } from './gateway-config';
import { directPortsOf, inside, publicHttp, publicHttps } from './ports';

/** How what stands before a gateway says who its clients are. */
export const languageBefore = (exposure: Exposure): TrustedProxies['speak'] =>
  'proxyProtocol' in exposure && exposure.proxyProtocol ? 'PROXY protocol' : 'X-Forwarded-For';

/** Where those outside come to a gateway directly, if they do. */
export function entranceOf(exposure: Exposure): Entrance | undefined {
  const { [publicHttp]: httpPort, [publicHttps]: port } = directPortsOf(exposure);
  if (httpPort === undefined) return undefined;
  const publicPort = exposure.type === 'published' ? exposure.httpsPort : 443;
  return { httpPort, tls: port === undefined ? undefined : { port, publicPort, folder: certificateFolder } };
}

/** Where a gateway is asked as its clients ask: by TLS where TLS ends there and nobody has to say first who comes. */
export function clientPortOf(exposure: Exposure): { readonly name: string; readonly isTls: boolean } {
  const isTls = directPortsOf(exposure)[publicHttps] !== undefined && languageBefore(exposure) === 'X-Forwarded-For';
  return { name: isTls ? publicHttps : inside, isTls };
}
