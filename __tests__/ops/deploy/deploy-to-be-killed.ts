import { Progress } from '../../../ops/src/cli/progress';
import { deploy } from '../../../ops/src/deploy/deploy';

// In a process of its own, because it is killed: in a step, when its work is done and nobody wrote that down yet, or before.

const [, , root, step = '', when] = process.argv;
const die = () => process.kill(process.pid, 'SIGKILL');

class Killing extends Progress {
  override async step<T>(text: string, work: (tell: (detail: string) => void) => Promise<T>): Promise<T> {
    const isNow = text.startsWith(`[${step}/`);
    if (isNow && when === 'before') die();
    const result = await super.step(text, work);
    if (isNow && when === 'after') die();
    return result;
  }
}

deploy({
  root,
  environment: 'local',
  anew: false,
  soakSeconds: 0,
  despite: [],
  progress: new Killing(false),
  signal: new AbortController().signal,
}).catch((error: Error) => {
  process.stderr.write(error.message);
  process.exitCode = 1;
});
