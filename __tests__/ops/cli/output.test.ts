import { tellFailure } from '../../../ops/src/cli/answer';

/** What is said on standard error, and the exit code. */
function told(happens: () => void): { said: string; exitCode: unknown } {
  const before = process.exitCode;
  let said = '';
  const write = jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += text;
    return true;
  });
  try {
    happens();
    return { said, exitCode: process.exitCode };
  } finally {
    write.mockRestore();
    process.exitCode = before ?? 0;
  }
}

/** The listener of this file's program: those of other files of tests may be there too. */
const unwritten = (code: string) => () => {
  const listener = process.stdout.listeners('error').at(-1);
  listener?.(Object.assign(new Error(`write ${code}`), { code }));
};

test('who has seen enough is told nothing, and that is no failure', () => {
  expect(told(unwritten('EPIPE'))).toMatchObject({ said: '' });
});

test('an answer that could not be written, as on a full disk, is a failure', () => {
  expect(told(unwritten('ENOSPC'))).toEqual({
    said: 'stockops: the output cannot be written: write ENOSPC\n',
    exitCode: 1,
  });
});

test('a file that the system refuses is told with what helps', () => {
  const refused = Object.assign(new Error("EACCES: permission denied, mkdir '/x'"), { code: 'EACCES', path: '/x' });
  expect(told(() => tellFailure('recover', {}, refused))).toEqual({
    said: "stockops: EACCES: permission denied, mkdir '/x'; let this user in there, or run it as one who may\n",
    exitCode: 1,
  });
});

test('what would move the cursor of a terminal is shown as "?"', () => {
  expect(told(() => tellFailure('logs', {}, new Error('no component \u001b[2J\u0000x\nallowed: api'))).said).toBe(
    'stockops: no component ?[2J?x\nallowed: api\n',
  );
});
