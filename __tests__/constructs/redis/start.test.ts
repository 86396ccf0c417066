import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { moment, StandInPrograms, until } from '../stand-in-programs';

const script = path.join(__dirname, '../../../constructs/redis/start.sh');

// Shells start slowly on a busy machine.
describe('the start of our Redis', () => {
  let programs: StandInPrograms;
  beforeEach(() => {
    programs = new StandInPrograms({
      'docker-entrypoint.sh': 'echo "$*" >started; exec /bin/sleep 60',
      // Answers each line as the server does; where it is away, not at all.
      'redis-cli': 'test -e away && exit 1; sed "w given" | sed "s/.*/$(cat answer)/"',
    });
    mkdirSync(programs.path('users'));
    programs.write('start.sh', readFileSync(script, 'utf8').replaceAll('/tmp/', `${programs.folder}/`));
    programs.write('answer', 'OK');
    user('first');
  });
  afterEach(() => programs.remove());

  /** At once, as volumes have it: half a file would be another one to whoever reads it. */
  const user = (password: string) => {
    programs.write('api.acl.new', `user api on >${password} ~bull:* +get +client|list\n`);
    renameSync(programs.path('api.acl.new'), programs.path('users/api.acl'));
  };
  const given = () => programs.lines('given');
  const whileItRuns = (action: () => Promise<void>) =>
    programs.whileItRuns(`exec sh ${programs.path('start.sh')}`, async () => {
      await until(() => programs.lines('started').length > 0);
      await action();
    });

  test('lets nobody in without a name, and whoever changes users do nothing else', async () => {
    await whileItRuns(async () => {});
    expect(programs.lines('users.acl')).toEqual([
      'user default off',
      expect.stringMatching(/^user keeper on >[0-9a-f]{64} \+acl\|setuser$/),
      'user api on >first ~bull:* +get +client|list',
    ]);
    expect(programs.lines('started')).toEqual([`redis-server ${programs.path('redis.conf')}`]);
  });

  test('gives a user another password while the server runs, once, and tells no password', async () => {
    const log = await whileItRuns(async () => {
      await moment(300);
      expect(given()).toEqual([]);
      user('second');
      await until(() => given().length === 2);
      await moment(300);
      rmSync(programs.path('given'));
      await moment(300);
      expect(given()).toEqual([]);
    });
    expect(log).toBe('The users have the passwords that their files say.\n');
  });

  test('takes the password that was away, and no other', async () => {
    await whileItRuns(async () => {
      user('second');
      await until(() => given().length === 2);
    });
    const [, keeper] = programs.lines('users.acl');
    expect(given()).toEqual([
      `AUTH keeper ${keeper?.split(' ')[3]?.slice(1)}`,
      'ACL SETUSER api resetpass on >second ~bull:* +get +client|list',
    ]);
  });

  test.each([
    ['does not answer', () => programs.write('away', ''), () => rmSync(programs.path('away'))],
    ['refuses a line', () => programs.write('answer', 'ERR'), () => programs.write('answer', 'OK')],
  ])('goes on trying while the server %s', async (_what, hurt, mend) => {
    const log = await whileItRuns(async () => {
      hurt();
      user('second');
      await moment(400);
      mend();
      await moment(400);
      await until(() => given().length === 2);
    });
    expect(log).toBe('The users have the passwords that their files say.\n');
  });
});
