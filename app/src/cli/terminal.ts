/** What the program's exit code says. */
export const exitCodes = { failure: 1, badInput: 2, someRowsRejected: 3 };

export const exitCodeHelp = `
Exit codes:
  0  done
  1  failed: the message says why
  2  the command line, the environment or the input file is not usable
  3  import only: done, but some rows were rejected`;

export const print = (line: string) => process.stdout.write(`${line}\n`);

export const printJson = (value: unknown) => print(JSON.stringify(value, undefined, 2));
