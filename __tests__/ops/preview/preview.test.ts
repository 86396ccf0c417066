import { existsSync } from 'node:fs';
import path from 'node:path';
import { Progress } from '../../../ops/src/cli/progress';
import { FakeCluster } from './fake-cluster';

jest.setTimeout(120_000);

let cluster: FakeCluster;
beforeEach(async () => {
  cluster = await FakeCluster.start();
});
afterEach(() => cluster.stop());

const applied = ['apply pr-7-platform', 'apply pr-7-data', 'apply pr-7-application'];
const destroyed = ['destroy pr-7-application', 'destroy pr-7-data', 'destroy pr-7-platform'];
const hour = 3_600_000;
const past = '2026-01-01T00:00:00Z';
const future = '2036-01-01T00:00:00Z';

/** Ends a run in a step, before its work is done. */
class Ending extends Progress {
  constructor(readonly inStep: number) {
    super(false);
  }

  override step<T>(text: string, work: (tell: (detail: string) => void) => Promise<T>): Promise<T> {
    if (text.startsWith(`[${this.inStep}/`)) throw new Error('ended');
    return super.step(text, work);
  }
}

describe('up', () => {
  test('raises a preview stack by stack, and goes on where a run of it ended', async () => {
    cluster.describe('pr-7');
    const ended = cluster.up('pr-7', { owner: 'ada', image: 'app:pr-7', progress: new Ending(3) });
    await expect(ended).rejects.toThrow('ended');
    expect(cluster.record('pr-7')).toMatchObject({ state: 'going up', stacks: [{}, {}, {}] });
    expect(cluster.did()).toEqual(applied.slice(0, 1));

    const raised = await cluster.up('pr-7');
    expect(cluster.did()).toEqual(applied);
    expect(raised).toMatchObject({ state: 'up', from: 'dev', owner: 'ada', image: 'app:first', monitoring: true });
    expect(raised.commit).toMatch(/^0123/);
    expect(Date.parse(raised.until) - Date.now()).toBeGreaterThan(23 * hour);
    expect(cluster.told('synthesized').at(-1)).toMatch(/^\{"name":"pr-7","from":"dev","hours":24,.*\} app:pr-7$/);
    expect(cluster.there('maps')).toEqual(['stockops-pr-7-lock', 'stockops-pr-7-preview']);
  });

  test('of one that is there never shortens its time, and destroys a stack that is described no more', async () => {
    cluster.raised('pr-7');
    cluster.describe('pr-7', ['platform', 'application']);
    const again = await cluster.up('pr-7', { hours: 1, monitoring: false });
    expect(again).toMatchObject({ until: '2036-01-01T00:00:00Z', owner: 'ada', monitoring: false });
    expect(cluster.did()).toEqual(['destroy pr-7-data', 'apply pr-7-platform', 'apply pr-7-application']);
    expect(cluster.record('pr-7').stacks.map(({ name }) => name)).toEqual(['pr-7-platform', 'pr-7-application']);
  });

  test('is refused where the namespace is not its own, and nothing is kept of it', async () => {
    cluster.describe('pr-7');
    cluster.namespace('stock-analysis-pr-7', undefined);
    await expect(cluster.up('pr-7')).rejects.toThrow(
      /without the label stockanalysis.com\/preview=pr-7.*nothing was done/,
    );
    expect(cluster.did()).toEqual([]);
    expect(cluster.there('maps')).toEqual(['stockops-pr-7-lock']);
  });

  test('is refused where it is like another environment', async () => {
    cluster.raised('pr-7');
    cluster.describe('trial', ['data']);
    await expect(cluster.up('pr-7', { from: 'trial' })).rejects.toThrow('pr-7 is like dev; say --from dev');
  });
});

test.each(['dev', 'production', 'local', 'embedded', 'trial', 'PR 7', 'pr-', 'a-name-that-is-too-long'])(
  '"%s" is the name of no preview',
  async (name) => {
    await expect(cluster.up(name)).rejects.toThrow(/allowed: /);
    await expect(cluster.down(name)).rejects.toThrow(/allowed: /);
    expect(cluster.told('asked')).toEqual([]);
  },
);

test('where nothing says which cluster it is, none is asked', async () => {
  delete process.env.KUBE_CONFIG_PATH;
  await expect(cluster.up('pr-7')).rejects.toThrow('KUBE_CONFIG_PATH is not set, and Terraform reads no other');
  expect(cluster.told('asked').filter((line) => !line.startsWith('node'))).toEqual([]);
});

describe('a look', () => {
  test('at a preview finds it as it was raised, and says how commands name it', async () => {
    cluster.describe('pr-7');
    cluster.raised('pr-7', future, { givenImage: 'app:pr-7', monitoring: false });
    const subject = await cluster.look('pr-7');
    expect(subject.stacks.map(({ name }) => name)).toEqual(['pr-7-platform', 'pr-7-data', 'pr-7-application']);
    expect(cluster.told('synthesized').at(-1)).toContain(`"until":"${future}"}} app:pr-7`);
    expect(cluster.told('synthesized').at(-1)).toContain('"monitoring":false');
    expect(subject.cluster.workload('api').namespace).toBe('stock-analysis-pr-7');
    expect(subject.command('npm run stockops -- logs {environment} api --since 15m')).toBe(
      'npm run stockops -- logs pr-7 --from dev api --since 15m',
    );
    expect(subject.command('cd cdktf.out/stacks/{environment}-platform')).toBe('cd cdktf.out/stacks/pr-7-platform');
    expect(subject.upCommand).toBe('npm run stockops -- preview up pr-7 --from dev');
  });

  test('says that a preview is going down, and by whom', async () => {
    cluster.describe('pr-7');
    cluster.raised('pr-7', future, { state: 'going down' });
    const progress = new Progress(false);
    const noted = jest.spyOn(progress, 'note');
    await cluster.look('pr-7', progress);
    expect(noted).toHaveBeenCalledWith(expect.stringMatching(/^pr-7 is going down, by ada on ci$/));
  });

  test('at one that there is not names what lists them', async () => {
    await expect(cluster.look('pr-8')).rejects.toThrow(
      'there is no preview pr-8 in the cluster of dev; see which there are: npm run stockops -- preview list --from dev',
    );
  });
});

describe('down', () => {
  test('destroys all of it, from a checkout that knows nothing of it, and keeps nothing', async () => {
    cluster.raised('pr-7');
    cluster.namespace('stock-analysis-pr-7-agents', 'pr-7');
    expect(await cluster.down('pr-7')).toBe('taken down');
    expect(cluster.did()).toEqual(destroyed);
    expect([...cluster.there('maps'), ...cluster.there('namespaces')]).toEqual([]);
    expect(cluster.told('asked')).toContain(
      'kubectl --kubeconfig /kubeconfig delete secret,lease -n state -l tfstate=true,tfstateSecretSuffix=stock-analysis-pr-7-data --ignore-not-found',
    );
    expect(existsSync(path.join(cluster.root, '.local', 'deploy', 'pr-7'))).toBe(false);
    expect(await cluster.down('pr-7')).toBe('not there');
  });

  test('that failed goes on by the same command, and until then it is not raised again', async () => {
    cluster.raised('pr-7');
    cluster.tell('failing', 'destroy pr-7-application');
    await expect(cluster.down('pr-7')).rejects.toThrow('Terraform ended with 1 on pr-7-application');
    await expect(cluster.up('pr-7')).rejects.toThrow(
      /pr-7 is being taken down by .*end that first: stockops preview down/,
    );
    cluster.tell('failing', '');
    expect(await cluster.down('pr-7')).toBe('taken down');
  });

  test('is refused while somebody else works on it', async () => {
    cluster.raised('pr-7');
    const since = new Date().toISOString();
    const holder = { id: '0123abcd', owner: 'ada', host: 'ci', processId: 7, command: 'preview down pr-7' };
    cluster.page('pr-7', 'lock', JSON.stringify({ ...holder, since, heartbeatAt: since }));
    await expect(cluster.down('pr-7')).rejects.toThrow(/ada on ci .*works on it since .*: preview down pr-7/);
    expect(cluster.did()).toEqual([]);
  });

  test('touches no namespace that has lost its label', async () => {
    cluster.raised('pr-7');
    cluster.namespace('stock-analysis-pr-7', undefined);
    await expect(cluster.down('pr-7')).rejects.toThrow('it is not of this preview');
    expect(cluster.did()).toEqual([]);
  });

  test('touches nothing of an environment that is no preview', async () => {
    for (const page of ['lock', 'release-1']) cluster.page('other', page, '{"free":true}');
    await expect(cluster.down('other')).rejects.toThrow('other is no preview: release-1');
    expect(cluster.there('maps')).toHaveLength(2);
  });

  test('takes along a lock that is all that is left', async () => {
    cluster.page('pr-7', 'lock', '{"free":true}');
    expect(await cluster.down('pr-7')).toBe('not there');
    expect(cluster.there('maps')).toEqual([]);
  });
});

describe('the reaper', () => {
  test('takes those whose time has passed, and goes on where one fails', async () => {
    cluster.raised('pr-1', past);
    cluster.raised('pr-2', past);
    cluster.raised('pr-3');
    const dry = await cluster.reap(true);
    expect(dry.map(({ what }) => what)).toEqual(['would be taken down', 'would be taken down', 'stays']);
    expect(cluster.did()).toEqual([]);

    cluster.tell('failing', 'destroy pr-1-application');
    expect(await cluster.reap()).toMatchObject([
      { name: 'pr-1', what: 'failed', why: expect.stringContaining('the cluster refused it') },
      { name: 'pr-2', what: 'taken down' },
      { name: 'pr-3', what: 'stays' },
    ]);
    expect(cluster.there('namespaces')).toEqual(['stock-analysis-pr-1', 'stock-analysis-pr-3']);
  });

  test('names those of which that cannot be told, and takes none of them', async () => {
    cluster.raised('no-moment', past);
    cluster.namespace('stock-analysis-no-moment', 'no-moment');
    cluster.namespace('stock-analysis-no-record', 'no-record', { 'janitor/expires': past });
    cluster.page('unreadable', 'preview', `{"until":"${past}"}`);
    cluster.raised('prolonged', past);
    cluster.namespace('stock-analysis-prolonged', 'prolonged', { 'janitor/expires': '2036-01-01T00:00:00Z' });
    expect(await cluster.reap()).toMatchObject([
      { name: 'no-moment', what: 'unclear', why: expect.stringContaining('janitor/expires: none') },
      { name: 'no-record', what: 'unclear', why: expect.stringContaining('there is no record of it') },
      { name: 'prolonged', what: 'stays', why: 'until 2036-01-01T00:00:00Z' },
      { name: 'unreadable', what: 'unclear', why: expect.stringContaining('not what stockops wrote') },
    ]);
    expect(cluster.did()).toEqual([]);
  });

  test('takes none whose time has passed by the clock of the cluster alone', async () => {
    cluster.raised('pr-7');
    cluster.tell('clock', '2037-01-01T00:00:00Z');
    expect(await cluster.reap()).toMatchObject([
      { what: 'unclear', why: expect.stringContaining('by one clock and not by the other') },
    ]);
  });
});

test('an environment on an engine has no previews, and it says why', async () => {
  cluster.tell(
    'described/dev/stacks/dev-data/cdk.tf.json',
    '{"provider":{"docker":[{}]},"terraform":{"backend":{"local":{}}}}',
  );
  await expect(cluster.down('pr-7')).rejects.toThrow(/on a Docker engine, and previews are not: .*allowed: --from/);
});
