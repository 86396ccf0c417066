import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Schemas } from './schemas';

const requirements = join(__dirname, 'requirements.txt');
const isWindows = process.platform === 'win32';

/**
 * The tools that are written in Python, in an environment of their own outside the repository: installed once for each
 * content of requirements.txt, by the hashes in it.
 */
export class PythonTools {
  private constructor(private readonly folder: string) {}

  /** @throws Error where there is no Python, or a package is not to be had */
  static installed(): PythonTools {
    const version = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16);
    const folder = join(homedir(), '.cache', 'stock-analysis-gates', version);
    const tools = new PythonTools(folder);
    const whole = join(folder, 'whole');
    if (existsSync(whole)) return tools;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    execFileSync(isWindows ? 'python' : 'python3', ['-m', 'venv', folder], { stdio: 'inherit' });
    const words = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--require-hashes', '-r'];
    execFileSync(tools.program('python'), [...words, requirements], { stdio: 'inherit' });
    writeFileSync(whole, '');
    return tools;
  }

  /** What a program writes; one of ours ends with another status than 0 when it has found something. */
  async output(name: string, words: readonly string[]): Promise<string> {
    const { stdout } = await run(this.program(name), words, { maxBuffer: 2 ** 28 });
    return stdout;
  }

  /** The schemas of a version of Kubernetes, such as 1.34, which refuse what they do not know. */
  schemas(version: string): Schemas {
    const where = 'import kubernetes_validate; print(kubernetes_validate.__path__[0])';
    const folder = execFileSync(this.program('python'), ['-c', where], { encoding: 'utf8' }).trim();
    return new Schemas(join(folder, 'kubernetes-json-schema', `v${version}.0-local-strict`));
  }

  private program(name: string): string {
    return join(this.folder, isWindows ? 'Scripts' : 'bin', name);
  }
}

const run = promisify(execFile);
