/** A role at work in this process. */
export interface RunningRole {
  /** Addresses by purpose, such as api, docs and metrics. */
  urls: Record<string, string>;
  /** Stops taking work, finishes what is under way and closes every connection. */
  close(): Promise<void>;
}

/** The address for people: an address that stands for every interface is not one a browser can open. */
export const urlOf = (host: string, port: number): string =>
  `http://${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host}:${port}`;
