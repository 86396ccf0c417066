const powers = ['', 'k', 'm', 'g', 't'];

/** A size as engines and kubelets write it, such as 10m, 1g or 10Mi; undefined for what is none. */
export function bytesOf(text: string): number | undefined {
  const [, number, unit = ''] = /^(-?\d+(?:\.\d+)?)\s*([kmgt]?)i?b?$/i.exec(text.trim()) ?? [];
  return number === undefined ? undefined : Number(number) * 1024 ** powers.indexOf(unit.toLowerCase());
}
