import type { ExpiringAddress } from '../expiring-address';
import { roleNames, type ServerName } from '../system';
import type { Fault } from './fault';

const spoken: Readonly<Record<ServerName, string>> = {
  postgres: 'PostgreSQL',
  cache: 'cache Redis',
  queue: 'queue Redis',
};

const slow = (server: ServerName, milliseconds: number, rest: Pick<Fault, 'expected' | 'alerts'>): Fault => ({
  name: `${spoken[server]} slow: ${milliseconds} ms each way`,
  ...rest,
  inject: async (system) => {
    system.address(server).delay(milliseconds);
    return async () => system.address(server).delay(0);
  },
});

const unreachable = (server: ServerName, rest: Pick<Fault, 'expected' | 'alerts' | 'seconds'>): Fault => ({
  name: `${spoken[server]} unreachable: what is sent is swallowed`,
  ...rest,
  inject: async (system) => {
    system.address(server).swallow();
    return async () => system.address(server).letPass();
  },
});

/** PostgreSQL by TLS; set up before anybody uses the system. */
function expiredCertificate(): Fault {
  let address: ExpiringAddress | undefined;
  return {
    name: "PostgreSQL's certificate expired, then renewed",
    expected: '503 while it is; back without a restart once it is renewed',
    alerts: ['HighErrorRate'],
    prepare: async (system) => {
      address = await system.speakTls();
      return async () => {
        await system.restartRoles();
        address?.close();
      };
    },
    inject: async () => {
      address?.expire();
      return async () => address?.renew();
    },
  };
}

export const networkFaults: readonly Fault[] = [
  slow('postgres', 1_000, {
    expected: 'late answers, or an honest 503 or 429; never an endless wait',
    alerts: ['HighErrorRate'],
  }),
  slow('cache', 1_000, { expected: 'answers do not wait for the cache' }),
  slow('queue', 1_000, { expected: 'jobs are accepted: they are handed over later' }),
  unreachable('postgres', {
    expected: '503 within the time an answer may take; back without a restart',
    alerts: ['HighErrorRate'],
    seconds: 15,
  }),
  unreachable('cache', { expected: 'no request fails: PostgreSQL answers' }),
  unreachable('queue', { expected: 'no request fails: jobs are handed over later' }),
  {
    name: 'names of all servers do not resolve, connections cut',
    expected: '503 while it lasts; back without a restart',
    alerts: ['HighErrorRate'],
    inject: async (system) => {
      system.setNamesAway(true);
      return async () => system.setNamesAway(false);
    },
  },
  expiredCertificate(),
  {
    name: 'every connection to every server cut',
    expected: 'at most what was under way is 503; new connections at once',
    seconds: 3,
    inject: async (system) => {
      for (const server of ['postgres', 'cache', 'queue'] as const) system.address(server).cut();
      return async () => undefined;
    },
  },
  {
    name: `${roleNames.length} roles started at once, with every connection lost`,
    expected: 'refused until the API is there again; no pile of connections',
    inject: async (system) => {
      for (const role of roleNames) system.signal(role, 'SIGKILL');
      return async () => void (await Promise.all(roleNames.map((role) => system.startRole(role))));
    },
  },
];
