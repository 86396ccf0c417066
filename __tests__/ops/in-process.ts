import { program } from '../../ops/src/program';
import type { Outcome } from './stockops';

/** What a command ends this process with. */
class Exit extends Error {
  constructor(readonly status: number) {
    super(`exit ${status}`);
  }
}

/** Runs a command within this process, which is quick: for what is refused before anything is asked. */
export async function inProcess(words: readonly string[]): Promise<Outcome> {
  const said = { stdout: '', stderr: '' };
  const keep = (name: keyof typeof said) => (text: string | Uint8Array) => {
    said[name] += text;
    return true;
  };
  const argv = process.argv;
  const mocks = [
    jest.spyOn(process.stdout, 'write').mockImplementation(keep('stdout')),
    jest.spyOn(process.stderr, 'write').mockImplementation(keep('stderr')),
    jest.spyOn(process, 'exit').mockImplementation((status) => {
      throw new Exit(Number(status));
    }),
  ];
  process.argv = [...argv.slice(0, 2), ...words];
  process.exitCode = 0;
  try {
    await program.parseAsync([...words], { from: 'user' });
    return { ...said, status: process.exitCode };
  } catch (error) {
    if (error instanceof Exit) return { ...said, status: error.status };
    throw error;
  } finally {
    for (const mock of mocks) mock.mockRestore();
    process.argv = argv;
    process.exitCode = 0;
  }
}
