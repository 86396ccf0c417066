/** The labels of a series, without its name. */
export type Labels = Readonly<Record<string, string>>;

/** What a metric shows at one moment. */
export interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

/** What one series did over several moments. */
export interface Course {
  readonly labels: Labels;
  /** At how many of the moments it was there. */
  count: number;
  /** The first and the last of these, in seconds. */
  start: number;
  end: number;
  first: number;
  last: number;
  /** The sum of what it had reached each time before it fell, as a counter does that begins anew. */
  lost: number;
}

/** All that was read at one moment; the value of a series stands at its number, NaN where it was not there. */
interface Reading {
  readonly seconds: number;
  readonly values: Float64Array;
}

interface Series {
  readonly number: number;
  readonly labels: Labels;
}

const mostSeries = 2_000;
/** The longest range of a rule. */
const keptSeconds = 3 * 86_400;
/** Rules that look back no longer than this see every reading, the others one in five minutes. */
const denseSeconds = 900;
const sparseSeconds = 300;

/** The readings of three days in bounded memory: at most 1,200 of at most 2,000 series, eight bytes each. */
export class Samples {
  readonly #seriesByKey = new Map<string, Series>();
  readonly #seriesByName = new Map<string, Series[]>();
  readonly #leftOut = new Set<string>();
  #readings: Reading[] = [];
  /** How many of the readings are of the sparse past. */
  #sparse = 0;

  /** Metrics of which some series were not kept, because there were too many. */
  get leftOut(): readonly string[] {
    return [...this.#leftOut];
  }

  get bytes(): number {
    return this.#readings.reduce((sum, { values }) => sum + values.byteLength, 0);
  }

  /** Keeps what was read at a moment, which is later than those before. */
  record(seconds: number, samples: readonly Sample[]): void {
    const found = samples.flatMap(({ name, labels, value }) => {
      const series = this.#seriesOf(name, labels);
      return series ? [{ number: series.number, value }] : [];
    });
    const values = new Float64Array(this.#seriesByKey.size).fill(Number.NaN);
    for (const { number, value } of found) values[number] = value;
    this.#readings.push({ seconds, values });
    this.#forget(seconds);
  }

  /** The series of a metric in the last reading. */
  current(name: string): { labels: Labels; value: number }[] {
    const values = this.#readings.at(-1)?.values ?? new Float64Array();
    return (this.#seriesByName.get(name) ?? [])
      .map(({ number, labels }) => ({ labels, value: values[number] ?? Number.NaN }))
      .filter(({ value }) => !Number.isNaN(value));
  }

  /** The series of a metric that pass, after one moment up to another. */
  between(name: string, passes: (labels: Labels) => boolean, after: number, until: number): Course[] {
    const series = (this.#seriesByName.get(name) ?? []).filter(({ labels }) => passes(labels));
    const courses = series.map(({ labels }) => notYet(labels));
    for (const { seconds, values } of this.#readings) {
      if (seconds <= after || seconds > until) continue;
      for (const [index, { number }] of series.entries()) {
        continueCourse(courses[index] as Course, seconds, values[number]);
      }
    }
    return courses.filter(({ count }) => count > 0);
  }

  #seriesOf(name: string, labels: Labels): Series | undefined {
    const key = `${name} ${JSON.stringify(labels)}`;
    const known = this.#seriesByKey.get(key);
    if (known) return known;
    if (this.#seriesByKey.size >= mostSeries) {
      this.#leftOut.add(name);
      return undefined;
    }
    const series = { number: this.#seriesByKey.size, labels };
    this.#seriesByKey.set(key, series);
    this.#seriesByName.set(name, [...(this.#seriesByName.get(name) ?? []), series]);
    return series;
  }

  #forget(now: number): void {
    for (;;) {
      const next = this.#readings[this.#sparse];
      if (!next || next.seconds > now - denseSeconds) break;
      const before = this.#readings[this.#sparse - 1];
      if (before && next.seconds - before.seconds < sparseSeconds) this.#readings.splice(this.#sparse, 1);
      else this.#sparse++;
    }
    const kept = this.#readings.filter(({ seconds }) => seconds > now - keptSeconds);
    this.#sparse -= this.#readings.length - kept.length;
    this.#readings = kept;
  }
}

const notYet = (labels: Labels): Course => ({ labels, count: 0, start: 0, end: 0, first: 0, last: 0, lost: 0 });

function continueCourse(course: Course, seconds: number, value = Number.NaN): void {
  if (Number.isNaN(value)) return;
  if (course.count === 0) {
    course.start = seconds;
    course.first = value;
  } else if (value < course.last) {
    course.lost += course.last;
  }
  course.count++;
  course.end = seconds;
  course.last = value;
}
