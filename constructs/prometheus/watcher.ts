/** A Prometheus, of ours or of somebody else, that reads what is to be seen. */
export interface Watcher {
  /** Lets it reach all that is to be scraped, recorded so far: what records afterwards is not. */
  watch(): void;
}
