// Runs the browser tests: for each database a fresh one with demo data, the product on a free port, one Chromium.
//
//   node tests/browser/run.mjs [part of a file name]
//
// PROSEKTORWEB_BIN  the binary (target/debug/prosektorweb)
// CHROMIUM          the browser (/usr/bin/chromium)
// SQLITE=1          run on SQLite; the default where MYSQL_URL is not set
// MYSQL_URL         run on a new database of this server, for instance mysql://user:password@127.0.0.1:3306
// REDIS_URL         the Redis for the run on MySQL

import { execFile, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
process.chdir(root);

const binary = path.resolve(process.env.PROSEKTORWEB_BIN ?? 'target/debug/prosektorweb');
const redisUrl = process.env.REDIS_URL;
const mysqlUrl = process.env.MYSQL_URL;
const databases = [];
if (process.env.SQLITE || !mysqlUrl) databases.push('sqlite');
if (mysqlUrl) databases.push('mysql');

/** What is to be undone at the end, last first. */
const undo = [];
let passed = 0;
let failed = 0;

// Nothing stays behind either when this is interrupted, fails or has nobody left to print to.
for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP', 'uncaughtException']) {
  process.once(event, async (reason) => {
    if (reason instanceof Error && reason.code !== 'EPIPE') console.error(reason);
    await undoAll();
    process.exit(1);
  });
}

try {
  await main();
} catch (error) {
  failed += 1;
  console.error(error.stack ?? error);
} finally {
  await undoAll();
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

async function main() {
  const part = process.argv[2] ?? '';
  const names = (await readdir(here)).filter((name) => name.endsWith('.test.mjs') && name.includes(part)).sort();
  if (names.length === 0) throw new Error(`no test file holds "${part}" in its name`);
  const files = names.map((name) => path.join(here, name));

  process.env.PROSEKTORWEB_BROWSER = await startBrowser();
  for (const database of databases) {
    const server = await startProduct(database);
    console.log(`\n${database}: ${server.url}`);
    process.env.PROSEKTORWEB_URL = server.url;
    process.env.PROSEKTORWEB_DATABASE = database;
    const before = failed;
    await runTests(files);
    const end = await server.stop();
    if (end !== 0) {
      failed += 1;
      console.error(`the product ended with ${end} when asked to stop`);
    }
    if (failed > before) await tell(server.log);
  }
}

/** Runs the files one after the other: they share a database. */
async function runTests(files) {
  const stream = run({ files, concurrency: 1, timeout: 900_000 });
  // A file is itself reported as a test around its tests.
  const counted = ({ details, name }) => details.type !== 'suite' && !files.includes(path.resolve(name));
  stream.on('test:pass', (event) => {
    if (counted(event) && event.skip === undefined && event.todo === undefined) passed += 1;
  });
  stream.on('test:fail', (event) => {
    if (event.todo === undefined && (counted(event) || event.details.error?.failureType !== 'subtestsFailed')) failed += 1;
  });
  const report = stream.compose(new spec());
  for await (const text of report) process.stdout.write(text);
}

async function startBrowser() {
  const browser = await chromium.launchServer({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  undo.push(() => browser.close());
  return browser.wsEndpoint();
}

/** Starts the product in development mode on a fresh database with the demo data. */
async function startProduct(database) {
  const folder = await mkdtemp(path.join(tmpdir(), 'prosektorweb-browser-'));
  undo.push(() => rm(folder, { recursive: true, force: true }));
  const data = path.join(folder, 'data');
  await mkdir(data);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = {
    // Empty is unset: a developer's .env has no say here.
    ...Object.fromEntries((await variables()).map((name) => [name, ''])),
    PATH: process.env.PATH,
    HOME: folder,
    APP_ENV: 'development',
    HOST: '127.0.0.1',
    PORT: String(port),
    BASE_URL: url,
    DATA_DIR: data,
    LOG_FORMAT: 'json',
    RATE_LIMIT_SCALE: '1000',
    // One instance is all there is here, so that it delivers mails too.
    JOBS_AT_ONCE: '4',
  };
  if (database === 'mysql') {
    env.DATABASE_URL = await createDatabase();
    if (redisUrl) env.REDIS_URL = redisUrl;
  }
  const log = path.join(folder, 'log');
  const output = openSync(log, 'a');
  for (const command of ['migrate', 'seed']) {
    const code = await ended(spawn(binary, [command], { cwd: root, env, stdio: ['ignore', output, output] }));
    if (code !== 0) {
      await tell(log);
      throw new Error(`\`prosektorweb ${command}\` ended with ${code} on ${database}`);
    }
  }
  const child = spawn(binary, ['serve'], { cwd: root, env, stdio: ['ignore', output, output] });
  closeSync(output);
  const end = ended(child);
  const stop = async () => {
    child.kill('SIGTERM');
    const code = await Promise.race([end, sleep(15_000, 'nothing within 15 s', { ref: false })]);
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await end;
    return code;
  };
  undo.push(stop);
  await ready(url, child, log);
  return { url, log, stop };
}

/** The names of all settings. */
async function variables() {
  const example = await readFile('.env.example', 'utf8');
  return [...example.matchAll(/^(?:# )?([A-Z_]+)=/gm)].map(([, name]) => name);
}

/** A new database on the server at MYSQL_URL, dropped at the end; its URL. */
async function createDatabase() {
  const url = new URL(mysqlUrl);
  const name = `browser_${process.pid}_${Date.now()}`;
  const sql = (statement) =>
    promisify(execFile)(
      'mariadb',
      [
        '--no-defaults',
        '--protocol=tcp',
        `--host=${url.hostname}`,
        `--port=${url.port || 3306}`,
        `--user=${decodeURIComponent(url.username)}`,
        `--execute=${statement}`,
      ],
      { env: { ...process.env, MYSQL_PWD: decodeURIComponent(url.password) } },
    );
  await sql(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  undo.push(() => sql(`DROP DATABASE IF EXISTS ${name}`));
  url.pathname = `/${name}`;
  return url.href;
}

async function ready(url, child, log) {
  for (let tries = 0; tries < 300; tries += 1) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.status === 200) return;
    await sleep(100);
  }
  await tell(log);
  throw new Error(`${url}/readyz did not answer 200 within 30 s`);
}

/** Exit code or signal of a process; what went wrong where it could not start. */
function ended(child) {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(code ?? signal));
  });
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function tell(log) {
  const lines = (await readFile(log, 'utf8')).trimEnd().split('\n');
  console.error(`---- the last lines of the product's log\n${lines.slice(-60).join('\n')}\n----`);
}

async function undoAll() {
  while (undo.length > 0) {
    try {
      await undo.pop()();
    } catch (error) {
      console.error(`while cleaning up: ${error.message}`);
    }
  }
}
