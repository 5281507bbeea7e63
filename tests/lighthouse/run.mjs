// What Lighthouse says of the public pages, as on a phone: medians of five runs, and a verdict for each bar.
//
//   cargo build --release && npm ci --prefix tests/lighthouse --ignore-scripts && node tests/lighthouse/run.mjs
//
// A manifest of its own, because the tests need none of its hundred and fifty packages. Not part of tests/run: performance
// is a time.
//
// PROSEKTORWEB_BIN  the binary (target/release/prosektorweb)
// CHROMIUM          the browser (/usr/bin/chromium)

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { launch } from 'chrome-launcher';
import lighthouse from 'lighthouse';

const RUNS = 5;
const PAGES = ['/', '/blog', '/blog/backups-that-were-restored', '/tr', '/tr/blog'];
const BARS = { performance: 98, accessibility: 100, 'best-practices': 100, seo: 100 };

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const binary = path.resolve(root, process.env.PROSEKTORWEB_BIN ?? 'target/release/prosektorweb');
const folder = await mkdtemp(path.join(tmpdir(), 'prosektorweb-lighthouse-'));
const port = await freePort();
const url = `http://localhost:${port}`;
const product = spawn(binary, ['serve'], {
  cwd: folder,
  env: { PATH: process.env.PATH, HOME: folder, PORT: String(port), BASE_URL: url, DATA_DIR: folder, LOG_LEVEL: 'error' },
  stdio: 'inherit',
});
const browser = await launch({
  chromePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  chromeFlags: ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
});
let missed = 0;
try {
  await ready();
  for (const page of PAGES) await measure(page);
} finally {
  await browser.kill();
  product.kill('SIGTERM');
  await new Promise((resolve) => (product.exitCode === null ? product.once('exit', resolve) : resolve()));
  await rm(folder, { recursive: true, force: true });
}
process.exit(missed === 0 ? 0 : 1);

async function measure(page) {
  const scores = Object.fromEntries(Object.keys(BARS).map((name) => [name, []]));
  const complaints = new Set();
  for (let run = 0; run < RUNS; run += 1) {
    const { lhr } = await lighthouse(url + page, { port: browser.port, logLevel: 'error', onlyCategories: Object.keys(BARS) });
    if (lhr.runtimeError) throw new Error(`${page}: ${lhr.runtimeError.message}`);
    for (const [name, { score, auditRefs }] of Object.entries(lhr.categories)) {
      scores[name].push(Math.round(score * 100));
      if (name === 'performance') continue;
      const failed = auditRefs.map(({ id }) => lhr.audits[id]).filter((audit) => audit.score !== null && audit.score < 1);
      for (const { id, title } of failed) complaints.add(`${id}: ${title}`);
    }
  }
  const told = Object.entries(BARS).map(([name, bar]) => {
    const sorted = scores[name].sort((one, other) => one - other);
    const median = sorted[Math.floor(RUNS / 2)];
    if (median < bar) missed += 1;
    return `${name} ${median} (${sorted[0]}–${sorted.at(-1)}${median < bar ? `, MISSED ${bar}` : ''})`;
  });
  console.log(`${page}: ${told.join(', ')}`);
  for (const complaint of complaints) console.log(`  ${complaint}`);
}

async function ready() {
  for (let tries = 0; tries < 300; tries += 1) {
    if (product.exitCode !== null) throw new Error(`the product ended with ${product.exitCode}`);
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.status === 200) return;
    await sleep(100);
  }
  throw new Error('the product is not ready after 30 s');
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
    server.on('error', reject);
  });
}
