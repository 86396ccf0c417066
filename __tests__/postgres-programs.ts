import { findPostgresPrograms } from '../app/src/embedded/postgres-programs';

// In a process of its own, because jest cannot load the package the programs are in: prints where they are, and the words
// and the user with which one runs a shell as somebody who may run them in the folder.
findPostgresPrograms(process.argv[2] as string).then(({ postgres, account, asAccount }) =>
  process.stdout.write(JSON.stringify({ postgres, account, shell: asAccount(['sh']) })),
);
