import { z } from 'zod';
import type { Shelf } from '../ledger/shelf';
import { ShelfPage } from '../ledger/shelf-page';
import { Journal, journalSchema } from '../walk/journal';
import { keptStack } from './kept-stack';

/** Its page on the shelf, which is there before anything of the preview is, and until nothing is. */
export const previewPage = 'preview';

const preview = {
  name: z.string(),
  /** The environment that it is like. */
  from: z.string(),
  /** For whom it is. */
  owner: z.string(),
  /** Of the checkout; undefined where that is none of git. */
  commit: z.string().optional(),
  /** The application's. */
  image: z.string(),
  /** Where it is not the one of the environment that it is like. */
  givenImage: z.string().optional(),
  /** Whether monitoring and logs are part of it. */
  monitoring: z.boolean(),
  /** By the clock of the cluster. */
  until: z.iso.datetime(),
  state: z.enum(['going up', 'up', 'going down']),
  namespaces: z.array(z.string()),
  /** Whatever of it was applied, in that order. */
  stacks: z.array(keptStack),
  /** Who worked on it last, as Terraform calls them in its locks. */
  operator: z.strictObject({ owner: z.string(), host: z.string() }),
};

export const previewSchema = journalSchema(preview);

/** A preview, as the cluster that it is in knows it. */
export type Preview = z.output<z.ZodObject<typeof preview>>;
export type PreviewJournal = Journal<Preview>;

const pageOf = (shelf: Shelf): ShelfPage => new ShelfPage(shelf, previewPage);

/** @returns undefined where there is none @throws Refusal where it is not what was written */
export const openPreview = (shelf: Shelf): Promise<PreviewJournal | undefined> =>
  Journal.open<Preview>(pageOf(shelf), previewSchema);

export const beginPreview = (shelf: Shelf, begun: Preview): Promise<PreviewJournal> =>
  Journal.begin(pageOf(shelf), begun);
