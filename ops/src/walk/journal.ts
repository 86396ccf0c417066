import { z } from 'zod';
import { requireStored, writeStored } from '../backup/stored-json';
import type { Page } from './page';

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

const walked = {
  schemaVersion: z.literal(1),
  startedAt: moment,
  finishedAt: moment.optional(),
  steps: z.array(recorded),
};

export type RecordedStep = z.output<typeof recorded>;
export type Walked = z.output<z.ZodObject<typeof walked>>;

/** What a journal has: how far a walk is, and what it is about. */
export const journalSchema = <T extends z.ZodRawShape>(subject: T) => z.strictObject({ ...walked, ...subject });

/** What a walk has done so far: another run goes on from there. */
export class Journal<Subject extends object = object> {
  /** One after the other: they replace the same page. */
  #written: Promise<void> = Promise.resolve();

  private constructor(
    readonly page: Page,
    readonly content: Walked & Subject,
  ) {}

  /** @returns undefined where nothing was begun @throws Refusal when the page is not what was written */
  static async open<Subject extends object>(
    page: Page,
    schema: z.ZodType<Walked & Subject>,
  ): Promise<Journal<Subject> | undefined> {
    const content = requireStored(schema, await page.read(), page.place);
    return content && new Journal<Subject>(page, content);
  }

  /** One that is written nowhere until its first step. */
  static planned<Subject extends object>(page: Page, subject: Subject): Journal<Subject> {
    return new Journal(page, { schemaVersion: 1, ...subject, startedAt: new Date().toISOString(), steps: [] });
  }

  /** Begins one, in the place of one that was finished. */
  static async begin<Subject extends object>(page: Page, subject: Subject): Promise<Journal<Subject>> {
    const journal = Journal.planned(page, subject);
    await journal.#write();
    return journal;
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

  /** Writes down what is known now of what the walk is about. */
  async note(known: Partial<Subject>): Promise<void> {
    Object.assign(this.content, known);
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
    this.#written = this.#written.then(() => this.page.write(text));
    return this.#written;
  }
}
