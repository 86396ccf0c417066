import { requireReady } from '../../../ops/src/place/apply-step';
import type { Place } from '../../../ops/src/place/place';
import { onEngine } from '../checks/described';

const { engine } = onEngine();
const [stack] = engine.stacks;
const { signal } = new AbortController();
const placeThatIs = (...ready: boolean[]): Place =>
  Object.assign(Object.create(engine), { isReady: async () => ready.shift() });

test('what was applied is waited for until all of it runs', async () => {
  if (!stack) throw new Error('it has a stack');
  await requireReady(placeThatIs(false, true), stack, signal);
});

test('what does not run in time is told by the name of its stack', async () => {
  if (!stack) throw new Error('it has a stack');
  const now = jest.spyOn(performance, 'now').mockReturnValueOnce(0).mockReturnValue(181_000);
  try {
    await expect(requireReady(placeThatIs(false), stack, signal)).rejects.toThrow(
      'trial-application was applied, and does not run after 180 s; stockops status says what of it does not',
    );
  } finally {
    now.mockRestore();
  }
});
