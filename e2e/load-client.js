// Runs in a pod of the application's image, as `node -e`: needs nothing but Node. Sends reads at a steady rate, every other one
// on a new connection, one in ten a job, waits for the jobs and prints what became of all as one line of JSON. SIGTERM ends it earlier.
const { randomUUID } = require('node:crypto');
const http = require('node:http');
const { URL: url, API_KEY, RATE = '30', SECONDS = '60' } = process.env;
const kept = new http.Agent({ keepAlive: true });
let total = Number(RATE) * Number(SECONDS);
const answers = {};
const failures = [];
const jobs = [];
let done = 0;

// Another range of days each time, so that no cache holds the answers of an earlier run.
const start = new Date(Date.UTC(2000, 0, 1 + Math.floor(Math.random() * 8000))).toISOString().slice(0, 10);

// Three of four ask for what a cache may hold, the fourth for what none has yet.
const pathOf = (number) =>
  number % 4 === 3
    ? `/api/v1/stocks/604981.SH/daily?start=${start}&end=2024-03-31&limit=${1 + ((number >> 2) % 1000)}`
    : '/api/v1/stocks/604981.SH/daily?start=2024-01-01&end=2024-03-31';

const isJob = (number) => number % 10 === 9;

const kindOf = (number) => (isJob(number) ? 'job' : number % 4 === 3 ? 'uncached' : 'cached');

// Each for a day of its own, so that none is taken for another.
const firstDay = Math.floor(Math.random() * 5000);
const orderOf = (number) => {
  const day = new Date(Date.UTC(2005, 0, firstDay + number / 10)).toISOString().slice(0, 10);
  return JSON.stringify({ type: 'ingest', source: 'sample', symbols: ['600000.SH'], start: day, end: day });
};

function note(number, began, status) {
  const kind = `${kindOf(number)} ${status}`;
  answers[kind] = (answers[kind] ?? 0) + 1;
  if (status !== (isJob(number) ? 202 : 200)) failures.push(began);
  done += 1;
  if (done === total) report();
}

async function isCompleted(id) {
  const headers = { host: 'localhost', 'x-api-key': API_KEY };
  const text = await new Promise((resolve) => {
    http
      .get(`${url}/api/v1/jobs/${id}`, { headers, agent: kept }, (response) => {
        let all = '';
        response.on('data', (some) => {
          all += some;
        });
        response.on('end', () => resolve(all));
      })
      .on('error', () => resolve(''));
  });
  return text.includes('"state":"completed"');
}

// For a minute at most, slowly enough not to be limited.
async function lostJobs() {
  const deadline = Date.now() + 60_000;
  let left = [...jobs];
  while (left.length > 0 && Date.now() < deadline) {
    const still = [];
    for (const id of left) {
      if (!(await isCompleted(id))) still.push(id);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    left = still;
  }
  return left.length;
}

async function report() {
  const [first, last] = [failures[0], failures.at(-1)];
  const spanSeconds = failures.length > 0 ? Math.round((last - first) / 100) / 10 : 0;
  const outcome = { total, failed: failures.length, spanSeconds, answers };
  console.log(JSON.stringify({ ...outcome, jobs: { accepted: jobs.length, lost: await lostJobs() } }));
  process.exit(0);
}

function send(number) {
  const began = performance.now();
  let noted = false;
  const end = (status) => {
    if (!noted) note(number, began, status);
    noted = true;
  };
  const agent = number % 2 === 0 ? kept : false;
  const headers = { host: 'localhost', 'x-api-key': API_KEY };
  const job = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
  const options = isJob(number)
    ? { agent, headers: { ...headers, ...job }, timeout: 10_000, method: 'POST' }
    : { agent, headers, timeout: 10_000 };
  const path = isJob(number) ? '/api/v1/jobs' : pathOf(number);
  const request = http.request(`${url}${path}`, options, (response) => {
    let text = '';
    response.on('data', (some) => {
      text += some;
    });
    response.on('end', () => {
      if (response.statusCode === 202) jobs.push(JSON.parse(text).data.job_id);
      end(response.complete ? response.statusCode : 'cut off');
    });
    response.on('error', (error) => end(error.code ?? error.message));
  });
  request.on('timeout', () => request.destroy(new Error('no answer in 10 s')));
  request.on('error', (error) => end(error.code ?? error.message));
  request.end(isJob(number) ? orderOf(number) : undefined);
}

let sent = 0;
let next = performance.now();
function tick() {
  if (sent === total) return;
  send(sent++);
  next = Math.max(next + 1000 / Number(RATE), performance.now());
  setTimeout(tick, next - performance.now());
}
tick();

// Told to end: what was sent is waited for.
process.once('SIGTERM', () => {
  if (sent === total) return;
  total = sent;
  if (done === total) report();
});
