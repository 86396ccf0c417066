import './preload';

import { App } from 'cdktf';

/** A cdktf app whose output depends on nothing but the description: no stack traces, which hold paths of the machine. */
export const platformApp = (outputDirectory: string): App => new App({ outdir: outputDirectory, stackTraces: false });

/** Writes every stack of the app into its output directory. */
export function synthesize(app: App): void {
  // cdktf asks for a stack trace for each of its tokens; writing those takes longer than the synthesis. An error thrown
  // here is written where it is caught, after this.
  const { prepareStackTrace } = Error;
  Error.prepareStackTrace = () => '';
  try {
    app.synth();
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
}
