import { type Check, fail, ok } from './check';
import type { Subject } from './subject';

/** What `docker info` tells, as far as it is read here. */
interface EngineInfo {
  readonly ServerVersion?: string;
  /** Of its machine. */
  readonly Name?: string;
  readonly OSType: string;
  readonly DockerRootDir: string;
  readonly MemTotal: number;
  readonly SystemTime: string;
  readonly ServerErrors?: readonly string[];
}

/** Asked once. @throws Error with what docker says where the engine does not answer */
export const engineInfo = (subject: Subject): Promise<EngineInfo> =>
  subject.once('docker info', async () => {
    const { output, said } = await subject.tool('docker', ['info', '--format', '{{json .}}']);
    const info: EngineInfo = JSON.parse(output || '{}');
    if (info.ServerVersion) return info;
    throw new Error(info.ServerErrors?.join('; ') || said.trim() || 'docker info says nothing');
  });

export const engineChecks: readonly Check[] = [
  {
    id: 'ENGINE-001',
    scope: ['docker'],
    title: 'the Docker engine answers',
    needs: ['TOOL-004'],
    severity: 'fail',
    expected: 'an answer of the engine',
    command: 'docker info',
    about:
      'It may not be started, this user may not be allowed to ask it (group `docker`), or DOCKER_HOST names another.',
    run: (subject) =>
      engineInfo(subject).then(
        ({ ServerVersion }) => ok(`Docker ${ServerVersion}`),
        (error: Error) => fail(error.message, { object: 'the Docker engine' }),
      ),
  },
  {
    id: 'ENGINE-002',
    scope: ['docker'],
    title: 'the engine runs containers of Linux',
    needs: ['ENGINE-001'],
    severity: 'fail',
    expected: 'linux',
    command: "docker info --format '{{.OSType}}'",
    about: 'All images are of Linux. Docker Desktop on Windows can be switched to them.',
    run: async (subject) => {
      const { OSType: system } = await engineInfo(subject);
      return (system === 'linux' ? ok : fail)(system, { object: 'the Docker engine' });
    },
  },
];
