import path from 'node:path';

/**
 * Words by which Node runs a file of TypeScript in a process of its own, which takes a third of the time that tsx needs for
 * the application and for a synthesis.
 */
export const typescript: readonly string[] = ['--require', path.join(__dirname, 'run-typescript.cjs')];
