import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiServer } from '../api-server';
import { Problem } from '../problem';

const ownFolder = path.join(__dirname, '..', '..', '..', 'web');

const packageFile = (file: string, besideIt = '.') => path.join(path.dirname(require.resolve(file)), besideIt);

/** Modules of packages, by the names under which index.html maps them. */
const packageModules = {
  'preact.js': require.resolve('preact'),
  'preact-hooks.js': require.resolve('preact/hooks'),
  'htm.js': packageFile('htm', 'htm.module.js'),
  'lightweight-charts.js': packageFile(
    'lightweight-charts/package.json',
    'dist/lightweight-charts.standalone.production.mjs',
  ),
};

const mediaTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** A file of the page, ready to be sent. */
interface Asset {
  mediaType: string;
  etag: string;
  content: Buffer;
  gzipped: Buffer;
}

const digest = (content: string | Buffer) => createHash('sha256').update(content).digest();

const asAsset = (name: string, content: Buffer): Asset => ({
  mediaType: mediaTypes[path.extname(name)] as string,
  etag: `"${digest(content).toString('base64url').slice(0, 22)}"`,
  content,
  gzipped: gzipSync(content),
});

/** The page and its files, read once. Their addresses carry a version, so that browsers may keep them for good. */
function readPage(isMonitored: boolean) {
  const own = readdirSync(ownFolder).filter((name) => /\.(js|css|svg)$/.test(name));
  const files = { ...packageModules, ...Object.fromEntries(own.map((name) => [name, path.join(ownFolder, name)])) };
  const assets = new Map(Object.entries(files).map(([name, file]) => [name, asAsset(name, readFileSync(file))]));
  const version = digest([...assets].map(([name, { etag }]) => `${name} ${etag}`).join('\n'))
    .toString('hex')
    .slice(0, 12);
  const html = readFileSync(path.join(ownFolder, 'index.html'), 'utf8')
    .replaceAll('/assets/', `/assets/${version}/`)
    .replace('data-monitored="false"', `data-monitored="${isMonitored}"`);
  const importMap = /<script type="importmap">(.*?)<\/script>/s.exec(html)?.[1] as string;
  return { html: asAsset('index.html', Buffer.from(html)), assets, version, importMap };
}

/**
 * Adds the web page at / and its files under /assets. They hold no data, so they need no API key.
 *
 * @param isMonitored whether the page has the operations view
 */
export function addPageRoutes(server: ApiServer, isMonitored: boolean): void {
  const { html, assets, version, importMap } = readPage(isMonitored);

  const send = (request: FastifyRequest, reply: FastifyReply, asset: Asset, cacheControl: string) => {
    reply.headers({ 'cache-control': cacheControl, etag: asset.etag, vary: 'accept-encoding' });
    if (request.headers['if-none-match'] === asset.etag) return reply.code(304).send();
    reply.type(asset.mediaType);
    if (!/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) return reply.send(asset.content);
    return reply.header('content-encoding', 'gzip').send(asset.gzipped);
  };

  const contentSecurityPolicy = [
    "default-src 'none'",
    // The import map has to stand in the page; its digest lets in nothing else.
    `script-src 'self' 'sha256-${digest(importMap).toString('base64')}'`,
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join(';');

  server.get('/', { schema: { hide: true } }, async (request, reply) => {
    reply.header('content-security-policy', contentSecurityPolicy);
    return send(request, reply, html, 'no-cache');
  });

  server.get<{ Params: { version: string; name: string } }>(
    '/assets/:version/:name',
    { schema: { hide: true } },
    async (request, reply) => {
      const { name } = request.params;
      const asset = assets.get(name);
      if (!asset) throw new Problem(404, 'unknown_route', `the page has no file ${name}`);
      // While two versions run side by side a page of one may ask the other; that answer must not be kept.
      const isOwn = request.params.version === version;
      return send(request, reply, asset, isOwn ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  );
}
