import './preload';

import { App } from 'cdktf';

/** A cdktf app whose output depends on nothing but the description: no stack traces, which hold paths of the machine. */
export const platformApp = (outputDirectory: string): App => new App({ outdir: outputDirectory, stackTraces: false });
