import { text } from 'node:stream/consumers';
import { Refusal } from '../../../ops/src/failures';
import { probeImage } from '../../../ops/src/place/image-probe';
import type { Ended, ToolOptions } from '../../../ops/src/place/tool';

const probed = { namespace: 'stock', image: 'stock/app:1', pullPolicy: 'Always', pullSecrets: ['login'] };
const done = (output: object = {}): Ended => ({ status: 0, output: JSON.stringify(output), said: '' });
const container = (state: object) => ({ status: { containerStatuses: [state] } });
const waiting = (reason: string, message = '') => container({ imageID: '', state: { waiting: { reason, message } } });

/** A cluster with one node, which tells of the pod what it was told to, one after the other. */
class Cluster {
  readonly asked: string[] = [];
  made: { spec: { imagePullSecrets: object[]; containers: object[] } } | undefined;

  constructor(
    readonly tells: object[],
    readonly mayMake = true,
  ) {}

  readonly kubectl = async ([verb = '']: readonly string[], { input }: ToolOptions = {}): Promise<Ended> => {
    this.asked.push(verb);
    if (!this.mayMake) return { status: 1, output: '', said: 'Error from server (Forbidden)' };
    if (input) this.made = JSON.parse(await text(input));
    return done(verb === 'get' ? this.tells.shift() : undefined);
  };
}

test('an image that a node can have is there, and the pod that tried it is removed', async () => {
  const cluster = new Cluster([
    {},
    waiting('ContainerCreating'),
    container({ imageID: 'stock/app@sha256:1', state: {} }),
  ]);
  expect(await probeImage(cluster.kubectl, probed)).toBe(true);
  expect(cluster.asked).toEqual(['create', 'get', 'get', 'get', 'delete']);
  expect(cluster.made?.spec).toMatchObject({
    imagePullSecrets: [{ name: 'login' }],
    containers: [{ image: 'stock/app:1', imagePullPolicy: 'Always' }],
  });
});

test.each(['ErrImagePull', 'ImagePullBackOff', 'ErrImageNeverPull', 'InvalidImageName'])(
  'an image of which a node says %s is refused with what it says, and the pod is removed',
  async (reason) => {
    const cluster = new Cluster([waiting(reason, 'pull access denied')]);
    const asked = probeImage(cluster.kubectl, probed);
    await expect(asked).rejects.toThrow(`cannot have the image stock/app:1: ${reason}: pull access denied; push it`);
    await expect(asked).rejects.toBeInstanceOf(Refusal);
    expect(cluster.asked.at(-1)).toBe('delete');
  },
);

test('of an image that may not be tried nothing is said', async () => {
  const cluster = new Cluster([], false);
  expect(await probeImage(cluster.kubectl, probed)).toBe(false);
  expect(cluster.asked).toEqual(['create']);
});
