/** Series by their name and labels, in promtool's notation: a value a minute. */
export type Series = Readonly<Record<string, string>>;

/** How one alert behaves. */
export interface AlertCase {
  /** Series with which it fires, */
  readonly firing: Series;
  /** first it is pending, at this minute, */
  readonly pendingAt: number;
  /** then it fires, at this one, */
  readonly firingAt: number;
  /** with these labels beside the severity, */
  readonly labels?: Readonly<Record<string, string>>;
  /** and this description. */
  readonly says: string;
  /** Series close to those, with which it is neither at that minute. */
  readonly quiet: Series;
}

/** The cases of a component's alerts, by the alert's name. */
export type AlertCases = Readonly<Record<string, AlertCase>>;
