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
