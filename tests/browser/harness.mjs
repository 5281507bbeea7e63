// What browser tests stand on: pages that fail on any console error or policy violation, sign-in, accessibility and HTML checks.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { after } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import axe from 'axe-core';
import { HtmlValidate } from 'html-validate';
import { chromium } from 'playwright-core';

/** Where the product listens. */
export const BASE_URL = required('PROSEKTORWEB_URL');
/** `sqlite` or `mysql`: which database this run is on. */
export const DATABASE = required('PROSEKTORWEB_DATABASE');
export const PASSWORD = 'prosektor-demo';
export const CAST = {
  ada: 'ada@demo.test',
  ofis: 'ofis@demo.test',
  esra: 'esra@demo.test',
  cem: 'cem@demo.test',
  mallory: 'mallory@demo.test',
};

const FAILURES = path.resolve('target/browser');
/** For one thing on a page, and for all that a test does with it. */
const TIMEOUT = 10_000;
const LIMIT = 60_000;

const htmlValidate = new HtmlValidate({
  extends: ['html-validate:standard', 'html-validate:document'],
  rules: {
    // The content security policy refuses it.
    'no-inline-style': 'error',
    // Long titles are cut by search engines only; the office shows whole company names.
    'long-title': 'off',
    // Phone numbers are shown in groups with ordinary blanks.
    'tel-non-breaking': 'off',
    // Our own files are named by their content; the policy refuses any others.
    'require-sri': ['error', { target: 'crossorigin' }],
  },
});

/** How each context was opened. */
const looks = new WeakMap();
let browser;

async function connected() {
  browser ??= await chromium.connect(required('PROSEKTORWEB_BROWSER'));
  return browser;
}

after(async () => {
  await browser?.close();
});

/**
 * Opens a page in a fresh context, hands it to `fn` and closes it. Fails on console errors, uncaught exceptions, policy
 * violations, missing files and server errors, unless an entry of `expected` matches what was said.
 *
 * @param {{js?: boolean, width?: number, height?: number, locale?: string, colorScheme?: 'light' | 'dark',
 *   forcedColors?: 'active' | 'none', expected?: RegExp[]}} options
 */
export async function withPage(options, fn) {
  const { js = true, width = 1280, height = 800, locale = 'en-GB', colorScheme = 'light', forcedColors = 'none', expected = [] } = options;
  const look = {
    baseURL: BASE_URL,
    viewport: { width, height },
    locale,
    colorScheme,
    forcedColors,
    reducedMotion: 'reduce',
    timezoneId: 'Europe/Istanbul',
  };
  const context = await (await connected()).newContext({ ...look, javaScriptEnabled: js });
  looks.set(context, { js, ...look });
  context.setDefaultTimeout(TIMEOUT);
  const problems = [];
  await watch(context, problems);
  const page = await context.newPage();
  try {
    await within(LIMIT, fn(page, context));
    await page.evaluate('0'); // What the page reported before this has arrived by now.
    const left = problems.filter((problem) => !expected.some((pattern) => pattern.test(problem)));
    assert.deepEqual(left, [], 'the page reported problems');
  } catch (error) {
    const seen = [`on ${page.url()}`, ...(await keepPicture(page)), ...problems];
    throw new Error(seen.join('\n  '), { cause: error });
  } finally {
    await context.close();
  }
}

async function watch(context, problems) {
  await context.exposeBinding('reportViolation', ({ page }, what) => problems.push(`policy violation on ${page?.url()}: ${what}`));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      window.reportViolation(`${event.effectiveDirective} blocked ${event.blockedURI} (${event.sourceFile}:${event.lineNumber})`);
    });
  });
  context.on('weberror', (error) => problems.push(`uncaught: ${error.error().stack ?? error.error()}`));
  context.on('console', (message) => {
    // What a response says is judged below, where its kind is known: a form answered with 422 is no fault.
    if (message.text().startsWith('Failed to load resource')) return;
    if (['error', 'warning', 'assert'].includes(message.type())) problems.push(`console ${message.type()}: ${message.text()}`);
  });
  context.on('response', (response) => {
    const status = response.status();
    const answer = ['document', 'fetch', 'xhr'].includes(response.request().resourceType());
    if (status >= 500 || (status >= 400 && !answer)) problems.push(`${status} for ${response.request().method()} ${response.url()}`);
  });
  context.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText;
    // Leaving a page ends what it was loading.
    if (reason !== 'net::ERR_ABORTED') problems.push(`${reason} for ${request.method()} ${request.url()}`);
  });
}

async function within(limit, work) {
  const timer = new AbortController();
  const late = setTimeout(limit, undefined, { signal: timer.signal }).then(() => assert.fail(`not done after ${limit / 1000} s`));
  late.catch(() => {}); // Aborted: the work was done in time.
  try {
    await Promise.race([work, late]);
  } finally {
    timer.abort();
  }
}

async function keepPicture(page) {
  try {
    await mkdir(FAILURES, { recursive: true });
    const file = path.join(FAILURES, `${DATABASE}-${Date.now()}.png`);
    await page.screenshot({ path: file, fullPage: true });
    return [`as seen in ${file}`];
  } catch {
    return []; // A page that is gone has no picture; the error itself says what failed.
  }
}

/** Signs in through the form, with or without JavaScript, and waits for the page after it. */
export async function signIn(page, email, password = PASSWORD) {
  await page.goto('/login');
  const form = page.locator('form:has(input[name="password"])');
  await form.locator('input[name="email"]').fill(email);
  await form.locator('input[name="password"]').fill(password);
  await Promise.all([
    page.waitForURL((url) => !url.pathname.endsWith('/login')),
    form.locator('button[type="submit"], button:not([type])').first().click(),
  ]);
}

/** No violation of WCAG 2.2 A and AA, nor of axe's best practices, in what is shown now. */
export async function expectAccessible(page, options = {}) {
  const { js, ...look } = looks.get(page.context());
  if (js) return runAxe(page, options);
  // axe needs timers, which a page without JavaScript does not have: look at a copy that may run it and nothing else.
  const context = await (await connected()).newContext({ ...look, storageState: await page.context().storageState() });
  try {
    const copy = await context.newPage();
    const headers = { 'content-security-policy': "script-src 'none'" };
    const body = await page.content();
    await copy.route(page.url(), (route) => route.fulfill({ contentType: 'text/html; charset=utf-8', headers, body }));
    await copy.goto(page.url());
    return await runAxe(copy, options);
  } finally {
    await context.close();
  }
}

async function runAxe(page, { include, exclude, disabled = [] }) {
  await page.evaluate(axe.source);
  const found = await page.evaluate(
    async ({ include, exclude, disabled }) => {
      const where = include || exclude ? { include: include && [include], exclude: exclude && [exclude] } : document;
      const { violations } = await window.axe.run(where, {
        resultTypes: ['violations'],
        rules: Object.fromEntries(disabled.map((rule) => [rule, { enabled: false }])),
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      });
      return violations.flatMap(({ id, help, nodes }) =>
        nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 200)} ${(node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? ''}`),
      );
    },
    { include, exclude, disabled },
  );
  assert.deepEqual(found, [], `accessibility of ${page.url()}`);
}

/** The page as the server sends it (asked for again, with the same cookies) is valid HTML. */
export async function expectValidHtml(page, url = page.url()) {
  const response = await page.request.get(url);
  assert.match(response.headers()['content-type'] ?? '', /^text\/html\b/, `${url} is a page`);
  assertValid(await response.text(), url);
}

/** A whole page given as text is valid HTML. */
export function assertValid(html, name) {
  const report = htmlValidate.validateStringSync(html, name);
  const found = report.results.flatMap(({ messages }) =>
    messages.map((found) => `${found.line}:${found.column} ${found.ruleId}: ${found.message}`),
  );
  assert.deepEqual(found, [], `HTML of ${name}`);
}

/** Nothing is wider than the window. */
export async function expectNoSidewaysScroll(page) {
  const { width, wide } = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const culprits = [...document.querySelectorAll('body *')]
      .filter((element) => element.getBoundingClientRect().right > width + 1)
      .map((element) => `${element.tagName.toLowerCase()}.${element.className}`);
    return { width, wide: document.documentElement.scrollWidth > width ? culprits.slice(0, 8) : null };
  });
  assert.equal(wide, null, `${page.url()} scrolls sideways at ${width} px`);
}

function required(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set: run this through tests/browser/run.mjs`);
  return value;
}
