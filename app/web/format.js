const timeZone = 'Asia/Shanghai';

/** @typedef {ReturnType<typeof createFormat>} Format */

/**
 * Numbers, days and times as a language writes them. Times are those of Shanghai.
 *
 * @param {string} locale
 */
export function createFormat(locale) {
  /** @param {Intl.NumberFormatOptions} options */
  const number = (options) => {
    const format = new Intl.NumberFormat(locale, options);
    return (/** @type {number} */ value) => format.format(value);
  };
  /** @param {Intl.DateTimeFormatOptions} options */
  const date = (options) => {
    const format = new Intl.DateTimeFormat(locale, options);
    return (/** @type {string} */ instant) => format.format(new Date(instant));
  };
  const percent = number({
    style: 'percent',
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
    signDisplay: 'exceptZero',
  });
  const day = date({ dateStyle: 'medium', timeZone: 'UTC' });
  const dayOfYear = date({ month: 'short', day: 'numeric', timeZone: 'UTC' });
  const unit = (/** @type {string} */ name) =>
    number({ style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: 1 });
  const milliseconds = unit('millisecond');
  const seconds = unit('second');
  const minutes = unit('minute');
  const hours = unit('hour');
  const days = unit('day');

  return {
    locale,
    price: number({ minimumFractionDigits: 2, maximumFractionDigits: 4 }),
    change: number({ minimumFractionDigits: 2, maximumFractionDigits: 4, signDisplay: 'exceptZero' }),
    /** @param {number} value in percent */
    percent: (value) => percent(value / 100),
    share: number({ style: 'percent', maximumFractionDigits: 2 }),
    count: number({}),
    large: number({ notation: 'compact', maximumFractionDigits: 2 }),
    /** Of a day as YYYY-MM-DD. */
    day,
    /** The same without the year where it is this one. */
    recentDay: (/** @type {string} */ value) =>
      (new Date(value).getUTCFullYear() === new Date().getUTCFullYear() ? dayOfYear : day)(value),
    time: date({ timeStyle: 'medium', timeZone, hour12: false }),
    minute: date({ hour: '2-digit', minute: '2-digit', timeZone, hour12: false }),
    dayAndTime: date({
      month: 'short',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      timeZone,
      hour12: false,
    }),
    /** @param {number} value in seconds */
    duration: (value) => {
      if (value > 0 && value < 1) return milliseconds(Math.round(value * 1000));
      if (value < 60) return seconds(value);
      if (value < 3600) return minutes(value / 60);
      return value < 48 * 3600 ? hours(value / 3600) : days(value / 86400);
    },
  };
}
