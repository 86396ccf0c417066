import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { moment, StandInPrograms, until } from '../stand-in-programs';

const script = path.join(__dirname, '../../../constructs/postgres/keep-passwords.sh');

// Shells start slowly on a busy machine.
describe('what keeps the passwords of a running server', () => {
  let programs: StandInPrograms;
  beforeEach(() => {
    // Writes down what it is given, and succeeds or not.
    programs = new StandInPrograms({ psql: 'echo "$*" "$PGOPTIONS" >>asked; cat >>given; test ! -e away' });
    mkdirSync(programs.path('passwords'));
    copyFileSync(script, programs.path('keep-passwords.sh'));
    password('first');
  });
  afterEach(() => programs.remove());

  const password = (text: string) => programs.write('passwords/app.sql', `${text}\n`);
  const given = () => programs.lines('given');
  /** A shell in the server's place, whose end the script has to notice. */
  const whileItRuns = (action: () => Promise<void>) =>
    programs.whileItRuns(`sh ${programs.path('keep-passwords.sh')} & exec /bin/sleep 60`, action);

  test('sets what is another and nothing else, without a log of it', async () => {
    const log = await whileItRuns(async () => {
      await until(() => given().length === 1);
      await moment(300);
      password('second');
      await until(() => given().length === 2);
    });
    expect(given()).toEqual(['first', 'second']);
    expect(log).toBe('The passwords of the roles were set to what their files say.\n');
    expect(programs.lines('asked').join('\n')).toContain('log_statement=none');
  });

  test('goes on trying while the server does not take them', async () => {
    programs.write('away', '');
    await whileItRuns(async () => {
      await until(() => given().length >= 3);
      rmSync(programs.path('away'));
      const tried = given().length;
      await until(() => given().length > tried);
      await moment(300);
      expect(given().length).toBeLessThanOrEqual(tried + 2);
    });
  });
});
