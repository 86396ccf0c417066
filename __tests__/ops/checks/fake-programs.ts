import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** What a program writes, and how it ends. */
export interface Answer {
  output?: string | object;
  said?: string;
  status?: number;
}

/** Answers each set of words as it was told, and says what it was not told of. */
const script = `#!/bin/sh
name="\${0##*/}"
asked=$(printf '%s' "$name $*" | tr '/\\n' '__' | cut -c1-200)
echo "$name $*" >> "$FAKE_ANSWERS/asked"
file="$FAKE_ANSWERS/$asked"
[ -f "$file" ] || { echo "no answer was made for: $asked" >&2; exit 9; }
cat "$file.said" >&2; cat "$file"; exit "$(cat "$file.status")"
`;

/** Programs of the operator's machine that answer what they were told, first on the path. */
export class FakePrograms {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'fake-programs-'));
  readonly #path = process.env.PATH;

  constructor(names: readonly string[]) {
    const programs = path.join(this.folder, 'bin');
    mkdirSync(programs);
    for (const name of names) {
      writeFileSync(path.join(programs, name), script);
      chmodSync(path.join(programs, name), 0o755);
    }
    process.env.PATH = `${programs}:${this.#path}`;
    process.env.FAKE_ANSWERS = this.folder;
  }

  /** @param asked the program and its words */
  answer(asked: string, { output = '', said = '', status = 0 }: Answer): void {
    const file = path.join(this.folder, asked.replaceAll(/[/\n]/g, '_').slice(0, 200));
    writeFileSync(file, typeof output === 'string' ? output : JSON.stringify(output));
    writeFileSync(`${file}.said`, said);
    writeFileSync(`${file}.status`, `${status}`);
  }

  /** What was asked, in its order. */
  get asked(): string[] {
    return readFileSync(path.join(this.folder, 'asked'), 'utf8').trim().split('\n');
  }

  stop(): void {
    process.env.PATH = this.#path;
    delete process.env.FAKE_ANSWERS;
    rmSync(this.folder, { recursive: true });
  }
}
