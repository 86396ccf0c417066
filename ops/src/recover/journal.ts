import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../backup/kept-file';
import { readStored, writeStored } from '../backup/stored-json';
import { Refusal } from '../failures';

const moment = z.iso.datetime();

const recorded = z.strictObject({
  name: z.string(),
  beganAt: moment,
  endedAt: moment.optional(),
  /** Of work itself: what a run that was killed did is not counted. */
  seconds: z.number().optional(),
  found: z.string().optional(),
  /** Of the Terraform that it started. */
  processId: z.int().optional(),
});

const schema = z.strictObject({
  schemaVersion: z.literal(1),
  environment: z.string(),
  /** Store that the copy is of. */
  from: z.string(),
  /** The copy, or the moment, that is brought back. */
  copy: z.string(),
  /** Of the copy. */
  snapshotAt: moment,
  startedAt: moment,
  finishedAt: moment.optional(),
  steps: z.array(recorded),
});

type Content = z.output<typeof schema>;
export type RecordedStep = z.output<typeof recorded>;
/** What is brought back, and where to. */
export type Recovery = Pick<Content, 'environment' | 'from' | 'copy' | 'snapshotAt'>;

const fileName = 'journal.json';
/** Outside git. */
const journals = path.join('.local', 'recover');

/** Where the journal of an environment is, and what Terraform said. */
export const journalFolder = (root: string, environment: string): string => path.join(root, journals, environment);

/** What a recovery has done so far, in a file that lasts through a power cut: another run goes on from there. */
export class Journal {
  /** One after the other: they replace the same file. */
  #written: Promise<void> = Promise.resolve();

  private constructor(
    readonly folder: string,
    readonly content: Content,
  ) {}

  /** Environments of which a recovery was begun and not finished. */
  static async unfinished(root: string): Promise<string[]> {
    const names = await readdir(path.join(root, journals)).catch(() => []);
    const found = await Promise.all(names.map((name) => Journal.open(journalFolder(root, name))));
    return found.flatMap((journal) => (journal && !journal.content.finishedAt ? [journal.content.environment] : []));
  }

  /** @returns undefined where nothing was begun @throws Refusal when the file is not what was written */
  static async open(folder: string): Promise<Journal | undefined> {
    const file = path.join(folder, fileName);
    const text = await readFile(file, 'utf8').catch(({ code }: NodeJS.ErrnoException) => {
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw new Refusal(`${file} cannot be read (${code}); make it readable`);
    });
    if (text === undefined) return undefined;
    const content = readStored(schema, text);
    if (content) return new Journal(folder, content);
    throw new Refusal(`${file} is not what stockops wrote; put it back, or move it away to begin anew`);
  }

  /** One that is written nowhere until its first step. */
  static planned(folder: string, recovery: Recovery): Journal {
    return new Journal(folder, { schemaVersion: 1, ...recovery, startedAt: new Date().toISOString(), steps: [] });
  }

  /** Begins a recovery, in the place of one that was finished. */
  static async begin(folder: string, recovery: Recovery): Promise<Journal> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const journal = Journal.planned(folder, recovery);
    await journal.#write();
    return journal;
  }

  get file(): string {
    return path.join(this.folder, fileName);
  }

  step(name: string): RecordedStep | undefined {
    return this.content.steps.find((step) => step.name === name);
  }

  hasEnded = (name: string): boolean => this.step(name)?.endedAt !== undefined;

  /** A step that is done again has no end until it has one. */
  async beginStep(name: string): Promise<void> {
    const { beganAt = new Date().toISOString(), processId } = this.step(name) ?? {};
    this.#put({ name, beganAt, ...(processId !== undefined && { processId }) });
    await this.#write();
  }

  /** The Terraform that works on a step. */
  async noteProcess(name: string, processId: number): Promise<void> {
    const step = this.step(name);
    if (step) this.#put({ ...step, processId });
    await this.#write();
  }

  async endStep(name: string, seconds: number, found: string): Promise<void> {
    const now = new Date().toISOString();
    this.#put({ name, beganAt: this.step(name)?.beganAt ?? now, endedAt: now, seconds, found });
    await this.#write();
  }

  async finish(): Promise<void> {
    this.content.finishedAt = new Date().toISOString();
    await this.#write();
  }

  #put(step: RecordedStep): void {
    const index = this.content.steps.findIndex(({ name }) => name === step.name);
    this.content.steps.splice(index < 0 ? this.content.steps.length : index, 1, step);
  }

  #write(): Promise<void> {
    const text = writeStored(this.content);
    this.#written = this.#written.then(() => replaceFile(this.file, text));
    return this.#written;
  }
}
