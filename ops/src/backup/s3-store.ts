import { createReadStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
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
import { type Contents, type Draft, type Listed, markFile, type Putting, type Store, type Uploading } from './store';

const mebibyte = 1024 * 1024;
/** So many bytes of a file are in memory at once, twice: of one that is sent while the next is read. */
const partBytes = 16 * mebibyte;
const partsAtOnce = 2;
/** More of one object no server takes. */
const mostParts = 10_000;
/** Names of copies begin with a digit, and a bucket is listed in the order of names: what comes from here on is something else. */
const afterCopies = ':';

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
    const begun = new Set<string>();
    const notes: Listed[] = [];
    for await (const object of this.#objects('')) {
      if (object.name >= afterCopies) break;
      const [id = '', file = '', ...below] = object.name.split('/');
      if (!isCopyId(id)) continue;
      begun.add(id);
      if (file.endsWith('.json') && below.length === 0) notes.push(object);
    }
    // One that was killed within its first file has left this alone.
    for (const { Key = '' } of await this.#uploads('')) {
      const [id = ''] = Key.slice(this.#prefix.length).split('/');
      if (isCopyId(id)) begun.add(id);
    }
    const whole = new Set(notes.map(({ name }) => name));
    const isWhole = (id: string) => whole.has(`${id}/${manifestFile}`);
    const all = [...begun].sort();
    return { copies: all.filter(isWhole), unfinished: all.filter((id) => !isWhole(id)), notes };
  }

  readText(name: string): Promise<string | undefined> {
    return this.#textOf(name);
  }

  writeText(name: string, text: string): Promise<void> {
    return this.#put(name, text);
  }

  async read(name: string): Promise<Readable> {
    const { Body } = await this.#asked(this.#client.send(new GetObjectCommand(this.#object(name))));
    return Body as Readable;
  }

  async put(name: string, content: Readable, { mostBytes, signal }: Putting): Promise<void> {
    const upload = new Upload({
      client: this.#client,
      // To stop it by what it reads has the upload tidy up after itself, which its own way to stop it does not wait for.
      params: { ...this.#object(name), Body: content },
      partSize: Math.max(partBytes, Math.ceil(mostBytes / mostParts)),
      queueSize: partsAtOnce,
    });
    await this.#asked(upload.done(), signal);
  }

  removeFile(name: string): Promise<void> {
    return this.#delete(`${this.#prefix}${name}`);
  }

  async folders(folder: string): Promise<string[]> {
    const below = `${this.#prefix}${folder}/`;
    const begun = await this.#uploads(`${folder}/`);
    const names = new Set(
      begun.map(({ Key = '' }) => Key.slice(below.length)).flatMap((key) => /^(.+?)\//.exec(key)?.[1] ?? []),
    );
    const asked = { Bucket: this.#bucket, Prefix: below, Delimiter: '/' };
    for await (const { CommonPrefixes = [] } of this.#pages(paginateListObjectsV2({ client: this.#client }, asked))) {
      for (const { Prefix = '' } of CommonPrefixes) names.add(Prefix.slice(below.length, -1));
    }
    return [...names].sort();
  }

  async list(folder: string, after?: string): Promise<Listed[]> {
    const found: Listed[] = [];
    for await (const object of this.#objects(`${folder}/`, after)) found.push(object);
    return found;
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
    // All of them are known before the first is removed.
    for (const object of await this.list(name)) await this.removeFile(object.name);
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
      const content = createReadStream(place, { signal, highWaterMark: mebibyte });
      await this.put(`${id}/${file}`, content, { mostBytes: size, signal });
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

  async #delete(Key: string): Promise<void> {
    await this.#asked(this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key })));
  }

  /** What lies below a name, in the order of names. @param after a name: only what comes later */
  async *#objects(name: string, after?: string): AsyncGenerator<Listed> {
    const below = `${this.#prefix}${name}`;
    const asked = {
      Bucket: this.#bucket,
      Prefix: below,
      ...(after !== undefined && { StartAfter: `${this.#prefix}${after}` }),
    };
    for await (const { Contents = [] } of this.#pages(paginateListObjectsV2({ client: this.#client }, asked))) {
      for (const { Key = '', ETag, Size, LastModified = new Date(0) } of Contents) {
        if (!Key.startsWith(below)) continue;
        const version = `${ETag} ${Size} ${LastModified.getTime()}`;
        yield { name: Key.slice(this.#prefix.length), changedAt: LastModified, version };
      }
    }
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
