import { statSync } from 'node:fs';
import path from 'node:path';
import { sourceNames } from '../../../app/src/sources/source';
import { running } from '../place/kubernetes-place';
import type { Resource } from '../place/synthesized';
import { type Check, fail, ok, skipped, type Verdict } from './check';
import type { Subject } from './subject';

/** Of sources that are not asked, an empty text is no fault. */
const mayBeEmpty = new Set(sourceNames.map((name) => `${name}-api-key`));

export const secretChecks: readonly Check[] = [
  {
    id: 'SECRET-001',
    scope: ['docker'],
    title: 'every file of a secret is there and has a text',
    needs: ['ENV-001'],
    severity: 'fail',
    expected: 'a file that this user can read and that is not empty; keys of sources may be empty',
    command: 'npm run secrets',
    about:
      'Its size is looked at, never its text. `npm run secrets` makes what can be made and leaves what is there; what people have to give is an empty file until they do. ' +
      'A password that was lost is not made anew over data that was made with it: [rotation.md](rotation.md).',
    run: filesAreThere,
  },
  {
    id: 'SECRET-002',
    scope: ['docker', 'embedded'],
    title: 'nobody else can read the files of secrets',
    needs: ['ENV-001'],
    severity: 'fail',
    expected: 'mode 0600',
    command: 'chmod 600 FILE',
    about: 'Every user of the machine could read them otherwise.',
    run: filesArePrivate,
  },
  {
    id: 'SECRET-003',
    scope: ['kubernetes'],
    title: 'every Secret that a pod takes is there and has a text',
    needs: ['K8S-002'],
    severity: 'fail',
    expected: 'each key, not empty; keys of sources may be empty',
    command: 'kubectl -n {namespace} get secrets',
    about:
      'The cluster is asked for the length of each key, never for its text. What Terraform makes is there after a deployment; what people give it takes from TF_VAR_… ' +
      'when the Secret is new.',
    run: keysAreThere,
  },
];

interface SecretFile {
  readonly file: string;
  readonly size: number | undefined;
  readonly mode: number;
}

/** The files that containers are given of this machine. */
function filesOf(subject: Subject): SecretFile[] {
  const sources = subject.stacks.flatMap((stack) =>
    Object.values(stack.resources.docker_container ?? {})
      .flatMap(({ upload }) => upload ?? [])
      .filter(({ source }: Resource) => source?.includes('.local/secrets'))
      .map(({ source }: Resource) => subject.fileOf(stack, source)),
  );
  return [...new Set(sources)].map(look);
}

function look(file: string): SecretFile {
  const found = statSync(file, { throwIfNoEntry: false });
  return { file, size: found?.size, mode: (found?.mode ?? 0) & 0o777 };
}

async function filesAreThere(subject: Subject): Promise<Verdict> {
  const files = filesOf(subject);
  const shown = ({ file }: SecretFile) => path.relative(subject.root, file);
  if (files.length > 0 && files.every(({ size }) => size === undefined)) return skipped('none was made yet');
  const faults = files
    .filter(({ file, size }) => size === undefined || (size === 0 && !mayBeEmpty.has(path.basename(file))))
    .map((each) => `${shown(each)} is ${each.size === undefined ? 'missing' : 'empty'}`);
  return faults.length === 0
    ? ok(`${files.length} files`)
    : fail(faults.join('; '), { object: faults[0]?.split(' ')[0], evidence: faults });
}

async function filesArePrivate(subject: Subject): Promise<Verdict> {
  const kept = ['secret-key', 'database-password', 'demo-api-key'];
  const files = subject.folder ? kept.map((name) => look(path.join(subject.embedded.path, name))) : filesOf(subject);
  const there = files.filter(({ size }) => size !== undefined);
  if (there.length === 0) return skipped('none was made yet');
  const [first, ...others] = there.filter(({ mode }) => (mode & 0o077) !== 0);
  if (!first) return ok(`${there.length} files`);
  const names = [first, ...others].map(
    ({ file, mode }) => `${path.relative(subject.root, file)} is 0${mode.toString(8)}`,
  );
  return fail(names.join('; '), { object: first.file, command: `chmod 600 ${first.file}`, evidence: names });
}

/** A key of a Secret that something that runs reads. */
interface Key {
  readonly namespace: string;
  readonly secret: string;
  readonly key: string;
}

function keysOf(subject: Subject): Key[] {
  const workloads = Object.keys(running).flatMap((type) => subject.resources(type));
  return workloads.flatMap(({ metadata: { namespace }, spec }) =>
    (spec.template.spec.volume ?? [])
      .flatMap(({ projected = [] }: Resource) => projected)
      .flatMap(({ sources }: Resource) => sources)
      .flatMap(({ secret = [] }: Resource) => secret)
      .flatMap(({ name, items = [] }: Resource) =>
        items.map(({ key }: Resource): Key => ({ namespace, secret: name, key })),
      ),
  );
}

/** Each key of each Secret with the length of its text, a line each. */
const lengths =
  '{{range .items}}{{$name := .metadata.name}}{{range $key, $text := .data}}{{$name}} {{$key}} {{len $text}}{{"\\n"}}{{end}}{{end}}';

async function keysAreThere(subject: Subject): Promise<Verdict> {
  const { cluster, signal } = subject;
  const keys = keysOf(subject);
  const namespaces = [...new Set(keys.map(({ namespace }) => namespace))];
  const found = new Map<string, number>();
  for (const namespace of namespaces) {
    const output = await cluster.kubectl(['get', 'secrets', '-n', namespace, '-o', `go-template=${lengths}`], {
      signal,
    });
    for (const line of output.split('\n').filter(Boolean)) {
      const [secret, key, length] = line.split(' ');
      found.set(`${namespace}/${secret}/${key}`, Number(length));
    }
  }
  if (found.size === 0) return skipped('none was made yet');
  const faults = keys.flatMap(({ namespace, secret, key }) => {
    const length = found.get(`${namespace}/${secret}/${key}`);
    if (length === undefined) return [`${secret} has no ${key}`];
    return length === 0 && !mayBeEmpty.has(key) ? [`${secret} has an empty ${key}`] : [];
  });
  const distinct = [...new Set(faults)];
  return distinct.length === 0
    ? ok(`${new Set(keys.map(({ secret }) => secret)).size} Secrets`)
    : fail(distinct.join('; '), { object: `secret/${distinct[0]?.split(' ')[0]}`, evidence: distinct });
}
