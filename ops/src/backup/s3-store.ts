import { createReadStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type MultipartUpload,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { EnvironmentOf } from '../environment';
import { filesBelow } from './copy-files';
import { isCopyId } from './copy-id';
import { manifestFile } from './manifest';
import { createS3Client, s3Failure } from './s3-client';
import { type Contents, type Draft, markFile, type Store, type Uploading } from './store';

const mebibyte = 1024 * 1024;
/** So many bytes of a file are in memory at once, twice: of one that is sent while the next is read. */
const partBytes = 16 * mebibyte;
const partsAtOnce = 2;
/** More of one object no server takes. */
const mostParts = 10_000;

/**
 * A store in a bucket. A copy is the objects below its name, its manifest the last that is written: what has none is
 * unfinished, whatever else is there. Copies are made on this machine first, below BACKUP_WORK.
 */
export class S3Store implements Store {
  readonly place: string;
  readonly #environment: EnvironmentOf<'store'>;
  readonly #client: S3Client;
  readonly #bucket: string;
  /** Empty, or with "/" at its end. */
  readonly #prefix: string;
  readonly #drafts: string;

  /** @param environment BACKUP_STORE is s3://BUCKET/PREFIX */
  constructor(environment: EnvironmentOf<'store'>) {
    const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)\/?(.*?)\/*$/.exec(environment.BACKUP_STORE) ?? [];
    this.place = environment.BACKUP_STORE;
    this.#environment = environment;
    this.#client = createS3Client(environment);
    this.#bucket = bucket;
    this.#prefix = prefix === '' ? '' : `${prefix}/`;
    this.#drafts = path.join(environment.BACKUP_WORK, 'drafts');
  }

  readMark(): Promise<string | undefined> {
    return this.#textOf(markFile);
  }

  writeMark(text: string): Promise<void> {
    return this.#put(markFile, text);
  }

  async contents(): Promise<Contents> {
    const copies: string[] = [];
    const unfinished = new Set<string>();
    for (const name of (await this.#folders()).filter(isCopyId)) {
      if (await this.#exists(`${name}/${manifestFile}`)) copies.push(name);
      else unfinished.add(name);
    }
    // One that was killed within its first file has left this alone.
    for (const { Key = '' } of await this.#uploads('')) {
      const [name = ''] = Key.slice(this.#prefix.length).split('/');
      if (isCopyId(name) && !copies.includes(name)) unfinished.add(name);
    }
    return { copies: copies.sort(), unfinished: [...unfinished].sort() };
  }

  readText(id: string, file: string): Promise<string | undefined> {
    return this.#textOf(`${id}/${file}`);
  }

  writeText(id: string, file: string, text: string): Promise<void> {
    return this.#put(`${id}/${file}`, text);
  }

  async read(id: string, file: string): Promise<Readable> {
    const { Body } = await this.#asked(this.#client.send(new GetObjectCommand(this.#object(`${id}/${file}`))));
    return Body as Readable;
  }

  folderOf(): undefined {
    return undefined;
  }

  async begin(id: string): Promise<Draft> {
    // Of one that was killed: only who has the lock of the database makes a copy.
    await rm(this.#drafts, { recursive: true, force: true });
    const folder = path.join(this.#drafts, id);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return {
      folder,
      commit: async (manifest, uploading) => {
        await this.#upload(id, folder, uploading);
        await this.#put(`${id}/${manifestFile}`, manifest);
        await rm(this.#drafts, { recursive: true, force: true });
      },
      discard: async () => {
        await rm(this.#drafts, { recursive: true, force: true });
        await this.removeUnfinished(id);
      },
    };
  }

  async remove(id: string): Promise<void> {
    await this.#delete(`${this.#prefix}${id}/${manifestFile}`);
    await this.removeUnfinished(id);
  }

  async removeUnfinished(name: string): Promise<void> {
    for (const { Key, UploadId } of await this.#uploads(`${name}/`)) {
      await this.#asked(this.#client.send(new AbortMultipartUploadCommand({ Bucket: this.#bucket, Key, UploadId })));
    }
    for await (const key of this.#keys(`${name}/`)) await this.#delete(key);
  }

  async room(): Promise<undefined> {
    return undefined;
  }

  close(): void {
    this.#client.destroy();
  }

  #object = (name: string) => ({ Bucket: this.#bucket, Key: `${this.#prefix}${name}` });

  async #upload(id: string, folder: string, { tell, signal }: Uploading = {}): Promise<void> {
    const files = await filesBelow(folder);
    for (const [index, file] of files.entries()) {
      tell?.(`${index + 1} of ${files.length} files`);
      const place = path.join(folder, file);
      const { size } = await stat(place);
      const upload = new Upload({
        client: this.#client,
        params: {
          ...this.#object(`${id}/${file}`),
          // To stop it by what it reads has the upload tidy up after itself, which its own way to stop it does not wait for.
          Body: createReadStream(place, { signal, highWaterMark: mebibyte }),
        },
        partSize: Math.max(partBytes, Math.ceil(size / mostParts)),
        queueSize: partsAtOnce,
      });
      await this.#asked(upload.done(), signal);
    }
  }

  async #put(name: string, text: string): Promise<void> {
    await this.#asked(
      this.#client.send(new PutObjectCommand({ ...this.#object(name), Body: text, ContentType: 'application/json' })),
    );
  }

  async #textOf(name: string): Promise<string | undefined> {
    try {
      const { Body } = await this.#client.send(new GetObjectCommand(this.#object(name)));
      return await Body?.transformToString();
    } catch (error) {
      if ((error as Error).name === 'NoSuchKey') return undefined;
      throw this.#failure(error);
    }
  }

  async #exists(name: string): Promise<boolean> {
    try {
      await this.#client.send(new HeadObjectCommand(this.#object(name)));
      return true;
    } catch (error) {
      if ((error as Error).name === 'NotFound') return false;
      throw this.#failure(error);
    }
  }

  async #delete(Key: string): Promise<void> {
    await this.#asked(this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key })));
  }

  /** Names right below the prefix that have something below them. */
  async #folders(): Promise<string[]> {
    const names: string[] = [];
    const pages = paginateListObjectsV2(
      { client: this.#client },
      { Bucket: this.#bucket, Prefix: this.#prefix, Delimiter: '/' },
    );
    for await (const { CommonPrefixes = [] } of this.#pages(pages)) {
      names.push(...CommonPrefixes.map(({ Prefix = '' }) => Prefix.slice(this.#prefix.length, -1)));
    }
    return names;
  }

  /** Every key below a name, all of them before the first is removed. */
  async *#keys(name: string): AsyncGenerator<string> {
    const below = `${this.#prefix}${name}`;
    const keys: string[] = [];
    const pages = paginateListObjectsV2({ client: this.#client }, { Bucket: this.#bucket, Prefix: below });
    for await (const { Contents = [] } of this.#pages(pages)) keys.push(...Contents.map(({ Key = '' }) => Key));
    yield* keys.filter((key) => key.startsWith(below));
  }

  /** Uploads in parts below a name that were neither finished nor given up. */
  async #uploads(name: string): Promise<MultipartUpload[]> {
    const below = `${this.#prefix}${name}`;
    const found: MultipartUpload[] = [];
    let after: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
    for (;;) {
      const { Uploads, IsTruncated, NextKeyMarker, NextUploadIdMarker } = await this.#asked(
        this.#client.send(new ListMultipartUploadsCommand({ Bucket: this.#bucket, Prefix: below, ...after })),
      );
      found.push(...(Uploads ?? []).filter(({ Key }) => Key?.startsWith(below)));
      if (!IsTruncated || !NextKeyMarker) return found;
      after = { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker };
    }
  }

  async *#pages<T>(pages: AsyncIterable<T>): AsyncGenerator<T> {
    try {
      yield* pages;
    } catch (error) {
      throw this.#failure(error);
    }
  }

  async #asked<T>(answer: Promise<T>, signal?: AbortSignal): Promise<T> {
    return answer.catch((error) => {
      signal?.throwIfAborted();
      throw (error as Error).name === 'NoSuchKey' ? error : this.#failure(error);
    });
  }

  #failure = (error: unknown) => s3Failure(this.place, this.#environment, error);
}
