import { createHash } from 'node:crypto';

/** Where a workload's configuration and secret files are, in every container (manual 6.1: /etc/stock-analysis/). */
export const filesDirectory = '/etc/stock-analysis';

interface ChangingFile {
  /**
   * What a change takes: its reader started again, or nothing, because the reader looks for changes itself. Files that are
   * reread lie in a folder that holds no others.
   * @default 'restart'
   */
  readonly onChange?: 'restart' | 'reread';
}

/** A file whose text may be seen by all. */
export interface TextFile extends ChangingFile {
  /** Its text; a function is asked when the stack is synthesized, after every connection and every target is known. */
  readonly content: string | (() => string);
}

/** What the readers of a secret have to know of it. */
export interface ReadableSecret {
  readonly name: string;
  /** Component and suffix: its name within the environment. */
  readonly label: string;
  readonly environmentName: string;
  readonly namespace: string;
  readonly revision: number;
}

/** A key of a secret, read by a workload as a file. */
export interface SecretFile extends ChangingFile {
  readonly secret: ReadableSecret;
  readonly key: string;
}

/** A file of a workload: text that may be seen by all, or a key of a secret. */
export type FileSource = TextFile | SecretFile;

/** Path below `filesDirectory` to what the file holds. */
export type Files = Readonly<Record<string, FileSource>>;

export const isText = (source: FileSource): source is TextFile => 'content' in source;

export const textOf = ({ content }: TextFile): string => (typeof content === 'string' ? content : content());

/** The files whose text is known, by path. */
export const textsOf = (files: Files): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(files).flatMap(([path, source]) => (isText(source) ? [[path, textOf(source)]] : [])),
  );

/** Whether a change of the file is seen by its reader without a restart. */
export const isReread = (source: FileSource): boolean => source.onChange === 'reread';

/** The folder of a file below `filesDirectory`; empty for those that lie in it directly. */
export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** Whether two sources are one and the same, known before anything is synthesized. */
export const isSameSource = (one: FileSource, other: FileSource): boolean =>
  one.onChange === other.onChange &&
  (isText(one)
    ? isText(other) && one.content === other.content
    : !isText(other) && one.secret === other.secret && one.key === other.key);

/**
 * Changes when a file's text or a secret's revision does and its reader has to start again to see it.
 * No byte of a secret goes into it. 64 hexadecimal digits.
 */
export function filesFingerprint(files: Files): string {
  return fingerprint(
    Object.entries(files)
      .filter(([, source]) => !isReread(source))
      .map(described),
  );
}

/** What a file holds or, of a secret, how often it was made anew. */
export const described = ([path, source]: [string, FileSource]) =>
  isText(source) ? [path, textOf(source)] : [path, source.secret.name, source.key, source.secret.revision];

/** The same for equal values: 64 hexadecimal digits. */
export const fingerprint = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

const segment = /^(?!\.{1,2}$)[\w.-]{1,100}$/;

/**
 * Refuses paths that no target could make, and folders whose files are partly reread.
 * @throws Error naming the component, the path and what is allowed
 */
export function refuseImpossibleFiles(component: string, files: Files): void {
  for (const path of Object.keys(files)) {
    if (!path.split('/').every((part) => segment.test(part))) {
      throw new Error(
        `workload "${component}": file "${path}", allowed: letters, digits, "_", "-", "." in parts of at most 100, with "/" between them`,
      );
    }
  }
  for (const [path, source] of Object.entries(files)) {
    if (!isReread(source)) continue;
    const folder = folderOf(path);
    const restarting = Object.keys(files).find(
      (other) => folderOf(other) === folder && !isReread(files[other] as FileSource),
    );
    if (folder === '' || folder.includes('/') || restarting) {
      throw new Error(
        `workload "${component}": file "${path}" is reread, allowed: in one folder, such as "rules/${path.split('/').at(-1)}", whose files all are`,
      );
    }
  }
}
