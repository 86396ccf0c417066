// Sends a list of requests to Elasticsearch or Kibana, one after the other, each as often as it takes: what they make may be there already.
// node set-up.mjs URL USER FOLDER: the folder has requests.json, the user's password in elasticsearch-password, and what requests name.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const retryMilliseconds = 2000;
/** The longest that one request is repeated for; the task has a time limit of its own. */
const patienceMilliseconds = 240_000;
const requestMilliseconds = 30_000;

const [url, user, folder] = process.argv.slice(2);
const text = (name) => readFileSync(join(folder, name), 'utf8').trim();
const authorization = `Basic ${Buffer.from(`${user}:${text('elasticsearch-password')}`).toString('base64')}`;

/** While its security starts a node refuses every password, and one that is busy gives 429 or 5xx. */
const isPassing = (status) => status === 401 || status === 429 || status >= 500;

/** The body as it is sent, with the password or the objects that a file holds. */
function bodyOf({ body, passwordFile, uploadedFile }) {
  if (!uploadedFile) return JSON.stringify(passwordFile ? { ...body, password: text(passwordFile) } : body);
  const form = new FormData();
  form.append('file', new Blob([text(uploadedFile)]), uploadedFile);
  return form;
}

/** Kibana says 200 of an import that it did only a part of. */
const isPartial = (answer) => answer.startsWith('{') && JSON.parse(answer).success === false;

async function send(request) {
  const response = await fetch(url + request.path, {
    method: request.method,
    // Kibana refuses what does not say that no page of another site has sent it.
    headers: {
      authorization,
      'kbn-xsrf': 'true',
      ...(!request.uploadedFile && { 'content-type': 'application/json' }),
    },
    body: bodyOf(request),
    signal: AbortSignal.timeout(requestMilliseconds),
  });
  return { status: response.status, answer: await response.text() };
}

async function untilDone(request) {
  const end = Date.now() + patienceMilliseconds;
  for (;;) {
    const { status, answer } = await send(request).catch((error) => ({
      status: 503,
      answer: error.cause?.message ?? error.message,
    }));
    if (status < 300 && !isPartial(answer)) return console.log(`${request.method} ${request.path}: ${status}`);
    const line = `${request.method} ${request.path}: ${status} ${answer.slice(0, 500)}`;
    if (!isPassing(status) || Date.now() > end) throw new Error(line);
    console.log(`${line}; again in ${retryMilliseconds / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, retryMilliseconds));
  }
}

try {
  for (const request of JSON.parse(text('requests.json'))) await untilDone(request);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
