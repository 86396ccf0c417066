import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ageText } from '../cli/texts';
import type { Resource } from '../place/synthesized';
import { type Check, fail, ok, skipped, type Verdict, warn } from './check';
import type { Subject } from './subject';

/** As the alert has it. */
const soonSeconds = 14 * 86_400;

const listSecrets = 'kubectl -n {namespace} get secrets';

export const certificateChecks: readonly Check[] = [
  {
    id: 'TLS-001',
    scope: ['docker', 'kubernetes'],
    title: 'the certificate is in force',
    needs: ['ENV-001', 'K8S-002'],
    severity: 'fail',
    expected: 'it has begun, and ends in no less than 14 days (below that it is a warning)',
    command: { docker: 'openssl x509 -noout -dates -in FILE', kubernetes: listSecrets },
    about:
      'The certificate that the gateway is given, where TLS ends there. Where something before it ends TLS, the certificate is that one’s matter. Page: [CertificateExpires](runbooks/CertificateExpires.md).',
    run: (subject) => certificateVerdict(subject, isInForce),
  },
  {
    id: 'TLS-002',
    scope: ['docker', 'kubernetes'],
    title: 'the certificate is for the host of the environment',
    needs: ['TLS-001'],
    severity: 'fail',
    expected: 'a certificate for the first of `hosts`',
    command: { docker: 'openssl x509 -noout -ext subjectAltName -in FILE', kubernetes: listSecrets },
    about: 'Clients refuse a certificate for another name.',
    run: (subject) =>
      certificateVerdict(subject, (certificate, { place }) => {
        const host = place?.host ?? '';
        const names = certificate.subjectAltName ?? 'none';
        return certificate.checkHost(host) || certificate.checkIP(host)
          ? ok(host)
          : fail(`${names}; wanted is ${host}`);
      }),
  },
];

async function certificateVerdict(
  subject: Subject,
  judge: (certificate: X509Certificate, subject: Subject) => Verdict,
): Promise<Verdict> {
  const found = subject.target === 'docker' ? certificateFile(subject) : await certificateSecret(subject);
  if (!found) return skipped('TLS does not end at the gateway');
  const { object, text } = found;
  if (text === undefined) return fail(`${object} is not there`, { object });
  return { command: found.command, ...judge(new X509Certificate(text), subject), object };
}

function isInForce({ validFrom, validTo }: X509Certificate): Verdict {
  const leftSeconds = (Date.parse(validTo) - Date.now()) / 1000;
  if (Date.parse(validFrom) > Date.now()) return fail(`it begins on ${validFrom}`);
  if (leftSeconds < 0) return fail(`it ended ${ageText(-leftSeconds)} ago`);
  return (leftSeconds < soonSeconds ? warn : ok)(`it ends in ${ageText(leftSeconds)}`);
}

interface Found {
  readonly object: string;
  /** What shows it. */
  readonly command: string;
  readonly text: string | undefined;
}

function certificateFile(subject: Subject): Found | undefined {
  for (const stack of subject.stacks) {
    const uploads = Object.values(stack.resources.docker_container ?? {}).flatMap(({ upload }) => upload ?? []);
    const upload = uploads.find(({ file, source }: Resource) => source && file.endsWith('/certificate/tls.crt'));
    if (upload) return read(subject.fileOf(stack, upload.source));
  }
  return undefined;
}

function read(object: string): Found {
  const found = { object, command: `openssl x509 -noout -text -in ${object}` };
  try {
    return { ...found, text: readFileSync(object, 'utf8') };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { ...found, text: undefined };
  }
}

/** The public half alone is asked for. */
async function certificateSecret(subject: Subject): Promise<Found | undefined> {
  const { cluster, signal } = subject;
  const [gateway] = subject.stacks.flatMap(({ resources }) => resources.kubernetes_deployment_v1?.gateway ?? []);
  const secrets = (gateway?.spec.template.spec.volume ?? [])
    .flatMap(({ projected = [] }: Resource) => projected)
    .flatMap(({ sources }: Resource) => sources)
    .flatMap(({ secret = [] }: Resource) => secret);
  const found = secrets.find(({ items = [] }: Resource) =>
    items.some(({ path }: Resource) => path.endsWith('tls.crt')),
  );
  if (!found) return undefined;
  const { key } = found.items.find(({ path }: Resource) => path.endsWith('tls.crt'));
  const field = `jsonpath={.data.${key.replaceAll('.', '\\.')}}`;
  const words = ['get', 'secret', found.name, '-n', gateway.metadata.namespace, '--ignore-not-found', '-o', field];
  const encoded = await cluster.kubectl(words, { signal });
  return {
    object: `secret/${found.name}`,
    command: `kubectl -n {namespace} get secret ${found.name} -o '${field}' | base64 -d | openssl x509 -noout -text`,
    text: encoded ? Buffer.from(encoded, 'base64').toString() : undefined,
  };
}
