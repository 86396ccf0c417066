// Loaded before a program: its clock is CLOCK_AHEAD_SECONDS ahead of the machine's, from CLOCK_JUMPS_AFTER_SECONDS on.
const ahead = Number(process.env.CLOCK_AHEAD_SECONDS) * 1000;
const jumpsAfter = Number(process.env.CLOCK_JUMPS_AFTER_SECONDS ?? 0) * 1000;
const RealDate = Date;
const now = () => RealDate.now() + (performance.now() < jumpsAfter ? 0 : ahead);

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length > 0 ? args : [now()], newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
});
