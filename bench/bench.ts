import { existsSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { appRole } from '../app/src/database/roles';
import { EmbeddedError } from '../app/src/embedded/embedded-error';
import type { Case, CaseContext, Comparison } from './cases/case';
import { footprintCases } from './cases/footprint';
import { httpCaseList } from './cases/http';
import { importCases } from './cases/import';
import { jobCases } from './cases/jobs';
import { BenchError, Cleanup } from './child';
import { loadGeneratorVersion } from './load';
import { asMarkdown, asTable, createReport } from './report';
import { sampleStocks, writeSampleFile } from './sample-data';
import { Stack } from './stack';

const cases: readonly Case[] = [...httpCaseList, ...jobCases, ...importCases, ...footprintCases];
const exitCodes = { failure: 1, badInput: 2, interrupted: 130 };

const help = `Compares the application with the operations manual's own stack (FastAPI, Celery), side by side in one run.

Usage: npm run bench -- [options]

Options:
  --only CASE         run this case only; may be given several times
  --rounds N          measurements of each side for each case (default: 5)
  --seconds N         length of one measurement under load (default: 5)
  --connections N     HTTP connections of the load generator (default: 32)
  --processes N       API processes on each side (default: 1)
  --data FILE         Tushare daily CSV, gzip or plain, for the import case (default: generated rows)
  --json              print the report as JSON
  --markdown          print the report as a Markdown table
  --help              show this

Cases:
${cases.map(({ name, summary }) => `  ${name.padEnd(18)}${summary}`).join('\n')}

Needs on PATH: redis-server, wrk, python3 (on Debian: apt-get install redis-server wrk python3-venv). Listens on
127.0.0.1 only. Everything it starts is stopped and removed at the end, but for the virtual environment in bench/.work.

Exit codes: 0 done, 1 failed (the message says why), 2 the command line is not usable, 130 interrupted.`;

interface Options {
  only: string[];
  rounds: number;
  seconds: number;
  connections: number;
  processes: number;
  data: string | undefined;
  format: 'table' | 'json' | 'markdown';
}

class UsageError extends Error {}

function readOptions(args: string[]): Options | undefined {
  let values: Record<string, string | boolean | (string | boolean)[] | undefined>;
  try {
    ({ values } = parseArgs({
      args,
      options: {
        only: { type: 'string', multiple: true },
        rounds: { type: 'string', default: '5' },
        seconds: { type: 'string', default: '5' },
        connections: { type: 'string', default: '32' },
        processes: { type: 'string', default: '1' },
        data: { type: 'string' },
        json: { type: 'boolean', default: false },
        markdown: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (values.help) return undefined;
  const count = (name: string): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 1)
      throw new UsageError(`--${name} '${values[name]}': allowed is a whole number from 1`);
    return value;
  };
  const only = (values.only ?? []) as string[];
  const unknown = only.find((name) => !cases.some((known) => known.name === name));
  if (unknown !== undefined) {
    throw new UsageError(`--only '${unknown}' is not a case; allowed: ${cases.map(({ name }) => name).join(', ')}`);
  }
  if (values.json && values.markdown) throw new UsageError('--json and --markdown exclude each other');
  const data = values.data as string | undefined;
  if (data !== undefined && !existsSync(data)) throw new UsageError(`--data '${data}' does not exist`);
  return {
    only,
    rounds: count('rounds'),
    seconds: count('seconds'),
    connections: count('connections'),
    processes: count('processes'),
    data: data && path.resolve(data),
    format: values.json ? 'json' : values.markdown ? 'markdown' : 'table',
  };
}

const log = (line: string) => void process.stderr.write(`bench: ${line}\n`);

/** Loads the rows that the HTTP cases ask for, through the application's own import. */
async function loadSample(stack: Stack, file: string): Promise<void> {
  log('loading the sample data');
  await stack.stock(['import', file], appRole);
  await stack.database.query(
    `UPDATE stock SET name = '示例公司' || left(symbol, 6), industry = 'Sample industry', list_date = '2000-01-04'`,
  );
  await stack.database.query('VACUUM ANALYZE');
  const { rows } = await stack.database.query<{ stocks: number }>('SELECT count(*)::int AS stocks FROM stock');
  if (rows[0]?.stocks !== sampleStocks)
    throw new BenchError(`${rows[0]?.stocks} of ${sampleStocks} stocks were loaded`);
}

async function bench(options: Options, cleanup: Cleanup): Promise<void> {
  const generator = await loadGeneratorVersion();
  const stack = await Stack.start(cleanup, log);
  const sampleFile = path.join(stack.folder, 'sample.csv.gz');
  await writeSampleFile(sampleFile);
  await loadSample(stack, sampleFile);

  const { rounds, seconds, connections, processes } = options;
  const context: CaseContext = {
    stack,
    rounds,
    seconds,
    connections,
    processes,
    importFile: options.data ?? sampleFile,
    log,
  };
  const comparisons: Comparison[] = [];
  for (const chosen of cases.filter(({ name }) => options.only.length === 0 || options.only.includes(name))) {
    log(`${chosen.name}: ${chosen.summary}`);
    comparisons.push(...(await chosen.run(context)));
  }
  const cores = cpus();
  const report = createReport(
    `${cores.length} x ${cores[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}, ${new Date().toISOString().slice(0, 10)}`,
    [
      stack.versions.join(', '),
      `${generator}, ${connections} connections, ${rounds} rounds of ${seconds} s in alternating order, ${processes} API process(es) on each side`,
      'Load generator, servers, PostgreSQL and Redis share the machine.',
    ],
    comparisons,
  );
  const text = { table: asTable, markdown: asMarkdown, json: (given: typeof report) => JSON.stringify(given, null, 2) };
  process.stdout.write(`${text[options.format](report)}\n`);
}

async function main(): Promise<void> {
  const cleanup = new Cleanup();
  let isInterrupted = false;
  const work = async () => {
    try {
      const options = readOptions(process.argv.slice(2));
      if (options) await bench(options, cleanup);
      else process.stdout.write(`${help}\n`);
    } catch (error) {
      // What fails because everything is being stopped is no news.
      if (isInterrupted) return;
      const isExpected = [UsageError, BenchError, EmbeddedError].some((kind) => error instanceof kind);
      process.stderr.write(`bench: ${isExpected ? (error as Error).message : (error as Error).stack}\n`);
      process.exitCode = error instanceof UsageError ? exitCodes.badInput : exitCodes.failure;
    }
  };
  const working = work();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, async () => {
      if (isInterrupted) return;
      isInterrupted = true;
      log('stopping');
      await cleanup.run();
      // What was being started meanwhile is stopped once it can be.
      await working;
      await cleanup.run();
      process.exit(exitCodes.interrupted);
    });
  }
  await working;
  if (!isInterrupted) await cleanup.run();
}

main();
