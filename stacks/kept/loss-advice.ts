import { secretFiles } from './aspects';
import type { Loss } from './losses';

const runbook = 'docs/runbooks/move-data.md';

interface Advice {
  readonly isFor: (loss: Loss) => boolean;
  readonly text: string;
}

const isOf =
  (type: string) =>
  ({ address }: Loss) =>
    address.startsWith(`${type}.`);
const isSecret = isOf('kubernetes_secret_v1');
const isSecretFiles = isOf(secretFiles);
const isNamespace = isOf('kubernetes_namespace_v1');
const isController = ({ address }: Loss) => /^kubernetes_(stateful_set|deployment|daemon_set)_v1\./.test(address);
const isGone = ({ what }: Loss) => what === 'existence';
const isElsewhere = ({ what }: Loss) => what === 'name' || what === 'namespace';

/** What to do about each kind of loss, and where the steps are. */
const advice: readonly Advice[] = [
  {
    isFor: isNamespace,
    text: `Another namespace is an empty one, and the old one goes with all in it: deploy beside it and copy (${runbook}#another-namespace).`,
  },
  {
    isFor: (loss) =>
      (isGone(loss) || isElsewhere(loss)) &&
      ![isSecret, isSecretFiles, isNamespace, isController].some((is) => is(loss)),
    text: `A component that has data keeps its name, and its volume: under another it begins empty. Give the name back, or copy the data first (${runbook}#another-name).`,
  },
  {
    isFor: (loss) => isGone(loss) && /\.postgres-data(-\d+)?$/.test(loss.address),
    text: 'Each major version of PostgreSQL has a volume of its own: `stockops upgrade` brings the data to the next one, and back (docs/upgrade.md); `postgres.keptMajor` keeps the former volume meanwhile.',
  },
  {
    isFor: (loss) => isSecret(loss) && (isGone(loss) || isElsewhere(loss)),
    text: `What is in a Secret is nowhere else: a new one has another password, and with another key of the API every API key is void. Give the name back, or copy it (${runbook}#a-secret).`,
  },
  {
    isFor: (loss) => isSecretFiles(loss) && isGone(loss),
    text: `Under another name files with another text are made, and those of the old one are read by nobody: move the folder to where it is wanted before the deploy, or give the name back (${runbook}#a-secret).`,
  },
  {
    isFor: ({ what }) => what === 'keys',
    text: `A key of a Secret that goes takes its text along; its readers find no file. Keep it beside the new one until nobody reads it (${runbook}#a-secret).`,
  },
  {
    isFor: ({ what }) => what === 'size',
    text: `A claim only grows. Give it what it has, or copy the data to a smaller one (${runbook}#a-smaller-volume).`,
  },
  {
    isFor: ({ what, from }) => what === 'server' && from.startsWith('postgres '),
    text: 'PostgreSQL does not read what another major version wrote: `stockops upgrade` brings the data there, and back (docs/upgrade.md).',
  },
  {
    isFor: ({ what, from }) => what === 'server' && !from.startsWith('postgres '),
    text: `Another server, or major version, may not read what is there, and there is no way back once it has: make a copy, read its maker's notes (${runbook}#another-major-version).`,
  },
  {
    isFor: ({ what }) => what === 'mount' || what === 'paths',
    text: `The server looks for its data at another path, and begins empty there (PGDATA for PostgreSQL): give the path back, or move the files while it is stopped (${runbook}#another-path).`,
  },
  {
    isFor: (loss) => loss.what === 'kind' && !isController(loss),
    text: `Access modes, storage class, labels and driver of a volume, and the type of a Secret, are fixed: another is an empty one (${runbook}#another-name).`,
  },
  {
    isFor: isController,
    text: `Kubernetes changes no name, selector, service name or claim template in place: the controller would be deleted with its pods, and made again (${runbook}#a-controller).`,
  },
];

/** What to do about losses, each advice once. */
export const adviceFor = (losses: readonly Loss[]): string[] =>
  advice.filter(({ isFor }) => losses.some(isFor)).map(({ text }) => text);
