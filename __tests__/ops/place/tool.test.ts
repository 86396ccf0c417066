import { CannotTell } from '../../../ops/src/failures';
import { runTool } from '../../../ops/src/place/tool';

const forever = ['-e', 'setTimeout(() => undefined, 60_000)'];

test('a program that has no answer in time is ended, and said to have none', async () => {
  const ran = runTool(process.execPath, forever, { limitSeconds: 0.2 });
  await expect(ran).rejects.toThrow(CannotTell);
  await expect(ran).rejects.toThrow(/had no answer within 0.2 s/);
});

test('a program that ends in time is as one without a limit', async () => {
  const ended = await runTool(process.execPath, ['-e', 'process.stdout.write("done"); process.exitCode = 3'], {
    limitSeconds: 60,
  });
  expect(ended).toMatchObject({ status: 3, output: 'done' });
});

test('who stops it hears his own reason', async () => {
  const stopping = new AbortController();
  const ran = runTool(process.execPath, forever, { signal: stopping.signal, limitSeconds: 60 });
  stopping.abort(new Error('stopped by SIGINT'));
  await expect(ran).rejects.toThrow('stopped by SIGINT');
});

test('a program that is not there is named', async () => {
  await expect(runTool('no-such-program', [], { limitSeconds: 60 })).rejects.toThrow(/no-such-program cannot be run/);
});

/** Starts another program that keeps its output open, says the number of that, and is silent. */
const silent = ['-c', 'sleep 30 & echo $! >&2; wait'];

const toEnd: number[] = [];
const tell = (line: string) => void toEnd.push(Number(line));
afterAll(() => {
  for (const processId of toEnd) process.kill(processId);
});

test('who gives no answer is not waited for, nor is what it started', async () => {
  const begun = performance.now();
  const running = runTool('sh', silent, { limitSeconds: 0.5, tell });
  await expect(running).rejects.toThrow('had no answer within 0.5 s');
  expect(performance.now() - begun).toBeLessThan(5_000);
  // What is open would keep this process from its end.
  expect(process.getActiveResourcesInfo()).not.toContain('ProcessWrap');
  expect(toEnd).toHaveLength(1);
});
