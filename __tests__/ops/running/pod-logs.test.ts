import { tellPodLogs } from '../../../ops/src/running/pod-logs';
import { inCluster } from '../checks/described';
import { FakePrograms } from '../checks/fake-programs';

const programs = new FakePrograms(['kubectl']);
afterAll(() => programs.stop());

const pods = 'kubectl get pods -n stock -l app.kubernetes.io/instance=stock-api -o json';
const pod = (name: string, state: object, restartCount = 0) => ({
  metadata: { name, namespace: 'stock' },
  status: { phase: 'Pending', containerStatuses: [{ name: 'api', state, restartCount }] },
});
const starting = pod('stock-api-2', { waiting: { reason: 'ErrImagePull', message: 'not found' } });
const running = pod('stock-api-1', { running: {} });
const logOf = (name: string, ...rest: string[]) =>
  ['kubectl', 'logs', name, '-n', 'stock', '-c', 'api', ...rest].join(' ');

/** What was noted of the component's copies. */
async function noted(options: object = {}, signal = new AbortController().signal): Promise<string[]> {
  const notes: string[] = [];
  await tellPodLogs(inCluster().cluster, 'api', { ...options, signal, note: (text) => notes.push(text) });
  return notes;
}

test('a pod that is still starting is named, with what keeps it, and the others are told', async () => {
  programs.answer(pods, { output: { items: [starting, running] } });
  programs.answer(logOf('stock-api-1', '--tail=5', '--since=15m'), {});
  expect(await noted({ tail: 5, since: '15m' })).toEqual([
    'stock-api-2 has logged nothing: it is starting (api: ErrImagePull: not found)',
  ]);
  expect(programs.asked.at(-1)).toBe(logOf('stock-api-1', '--tail=5', '--since=15m'));
});

test('who follows is told of a pod once it has started, and of its container after that', async () => {
  const ending = new AbortController();
  programs.answer(pods, { output: { items: [starting] } });
  programs.answer(logOf('stock-api-2', '--follow'), {});
  const following = noted({ isFollowing: true }, ending.signal);
  const asked = () => programs.asked.filter((words) => words === logOf('stock-api-2', '--follow')).length;
  const until = async (count: number) => {
    while (asked() < count) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  expect(asked()).toBe(0);
  programs.answer(pods, { output: { items: [pod('stock-api-2', { running: {} })] } });
  await until(1);
  programs.answer(pods, { output: { items: [pod('stock-api-2', { running: {} }, 1)] } });
  await until(2);
  ending.abort();
  await expect(following).rejects.toThrow();
});

test('a log that kubectl cannot tell is a failure, after the others were told', async () => {
  programs.answer(pods, { output: { items: [pod('stock-api-3', { running: {} }), running] } });
  programs.answer(logOf('stock-api-1'), {});
  programs.answer(logOf('stock-api-3'), { status: 1 });
  await expect(noted()).rejects.toThrow('not every log could be told');
  expect(programs.asked.slice(-2).sort()).toEqual([logOf('stock-api-1'), logOf('stock-api-3')]);
});

test('that there is no pod is said', async () => {
  programs.answer(pods, { output: { items: [] } });
  expect(await noted()).toEqual(['no pod of api is there']);
});
