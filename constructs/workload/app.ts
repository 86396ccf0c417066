import { App } from 'cdktf';

/** A cdktf app whose output depends on nothing but the description: no stack traces, which hold paths of the machine. */
export const platformApp = (outputDirectory: string): App => new App({ outdir: outputDirectory, stackTraces: false });

/** Writes every stack of the app into its output directory. */
export function synthesize(app: App): void {
  // cdktf takes a stack trace for each of its tokens; mapping those to TypeScript takes longer than all else together.
  process.setSourceMapsEnabled(false);
  try {
    app.synth();
  } finally {
    process.setSourceMapsEnabled(true);
  }
}
