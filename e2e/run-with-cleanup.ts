import { Cleanup } from '../bench/child';

/** Runs what a person started to its end, and undoes all that it did, however it ends: a failure is told, and is the exit status 1. */
export function runWithCleanup(main: (cleanup: Cleanup) => Promise<void>): void {
  const cleanup = new Cleanup();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void cleanup.run().finally(() => process.exit(1)));
  }
  main(cleanup)
    .catch((error: Error) => {
      process.stderr.write(`\n${error.stack ?? error.message}\n`);
      process.exitCode = 1;
    })
    .finally(() => cleanup.run());
}
