import { spawnSync } from 'node:child_process';

/** What a case has to work with. */
export interface Setting {
  /** A copy of the repository, of which anything may be broken. */
  readonly repository: string;
  /** For what the case makes. */
  readonly folder: string;
}

/** What is told of a set-up that is broken in one way. */
export interface Expected {
  readonly id: string;
  readonly state: 'warn' | 'fail' | 'unknown';
}

/** A set-up of which one thing is broken. */
export interface Case {
  readonly name: string;
  /** By what it is broken: real programs wherever they can be had. */
  readonly by: string;
  readonly environment: string;
  /** What of the registry is asked. @default all */
  readonly only?: string;
  readonly expected: Expected;
  /** Breaks it. @returns variables that the doctor is started with, and what mends it again */
  break(setting: Setting): Promise<Broken>;
}

export interface Broken {
  readonly variables?: Readonly<Record<string, string>>;
  readonly mend?: () => Promise<void> | void;
}

/** A finding, as the doctor tells it with --json. */
export interface Found {
  readonly id: string;
  readonly state: string;
  readonly seen: string;
  readonly command: string;
}

export interface Told {
  readonly exitCode: number | null;
  readonly findings: readonly Found[];
  readonly seconds: number;
}

/** Asks the doctor, as an operator does. */
export function askDoctor(
  repository: string,
  words: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Told {
  const begun = performance.now();
  const { status, stdout, stderr } = spawnSync(
    'npm',
    ['run', '--silent', 'stockops', '--', 'doctor', ...words, '--json'],
    {
      cwd: repository,
      encoding: 'utf8',
      env: { ...process.env, ...variables },
    },
  );
  const seconds = (performance.now() - begun) / 1000;
  try {
    return { exitCode: status, findings: JSON.parse(stdout).findings, seconds };
  } catch {
    throw new Error(`doctor ${words.join(' ')} ended with ${status} and told nothing: ${stderr}`);
  }
}
