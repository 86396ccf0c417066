import type { Labels } from './samples';

/** What an alert says about one of its series. */
export type AlertText = (value: number, labels: Labels) => string;

const toFourDigits = (value: number) => String(Number(value.toPrecision(4)));

/** A duration such as 1h 0m 0s. */
function humanizeDuration(value: number): string {
  const whole = Math.trunc(Math.abs(value));
  if (whole < 60) return `${toFourDigits(value)}s`;
  const [days, hours] = [Math.floor(whole / 86_400), Math.floor(whole / 3_600) % 24];
  const parts = [[days, 'd'] as const, [hours, 'h'] as const, [Math.floor(whole / 60) % 60, 'm'] as const];
  const shown = parts.slice(parts.findIndex(([count]) => count > 0));
  return `${value < 0 ? '-' : ''}${shown.map(([count, unit]) => `${count}${unit} `).join('')}${whole % 60}s`;
}

const formats: readonly [pattern: RegExp, format: (digits: number) => (value: number) => string][] = [
  [/^\$value$/, () => String],
  [/^\$value \| printf "%\.(\d)f"$/, (digits) => (value) => value.toFixed(digits)],
  [/^\$value \| humanizePercentage$/, () => (value) => `${toFourDigits(value * 100)}%`],
  [/^\$value \| humanizeDuration$/, () => humanizeDuration],
];

/**
 * Reads the template of a description, which is one of Go's.
 *
 * @throws Error naming a placeholder that is not known
 */
export function readAlertText(template: string): AlertText {
  const pieces = template
    .split(/\{\{ (.*?) \}\}/)
    .map((piece, index) => (index % 2 ? readPlaceholder(piece) : () => piece));
  return (value, labels) => pieces.map((piece) => piece(value, labels)).join('');
}

function readPlaceholder(text: string): AlertText {
  const [, label] = /^\$labels\.(\w+)$/.exec(text) ?? [];
  if (label) return (_, labels) => labels[label] ?? '';
  for (const [pattern, format] of formats) {
    const found = pattern.exec(text);
    if (found) return format(Number(found[1]));
  }
  throw new Error(
    `the operations view of the embedded product does not know the placeholder '{{ ${text} }}'; known: $value, alone or with \
printf "%.Nf", humanizePercentage or humanizeDuration, and $labels.NAME`,
  );
}
