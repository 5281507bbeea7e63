// The Content-Security-Policy of each kind of answer, as Google's evaluator judges it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CspEvaluator } from 'csp_evaluator/dist/evaluator.js';
import { Severity, Type } from 'csp_evaluator/dist/finding.js';
import { CspParser } from 'csp_evaluator/dist/parser.js';
import { BASE_URL, CAST, signIn, withPage } from './harness.mjs';

/** Findings that are no weakness here, and why. */
const ACCEPTED = [
  // Every script is a file of our own, and no URL answers what somebody typed as a script: no JSONP, no uploads, nosniff.
  { type: Type.SCRIPT_ALLOWLIST_BYPASS, value: "'self'" },
  // Browsers enforce it without a place to report to; a report would hold URLs.
  { type: Type.REPORTING_DESTINATION_MISSING },
  // Nothing assigns markup from text but htmx, whose files are ours.
  { type: Type.REQUIRE_TRUSTED_TYPES_FOR_SCRIPTS },
];

function judge(policy, name) {
  const found = new CspEvaluator(new CspParser(policy).csp).evaluate();
  const left = found.filter(
    ({ type, value, severity }) =>
      severity !== Severity.NONE &&
      severity !== Severity.STRICT_CSP &&
      !ACCEPTED.some((known) => known.type === type && (known.value === undefined || known.value === value)),
  );
  assert.deepEqual(left.map(({ directive, value, description }) => `${directive} ${value ?? ''}: ${description}`), [], name);
}

test('the evaluator finds what is weak', () => {
  for (const weak of ["script-src 'unsafe-inline'; object-src 'none'; base-uri 'none'", "script-src *; object-src 'none'", "default-src 'self'; object-src *"]) {
    assert.throws(() => judge(weak, weak), weak);
  }
});

test('the policy of each kind of answer is sound', () =>
  withPage({}, async (page) => {
    await signIn(page, CAST.ada);
    const { request } = page;
    const htmx = { 'HX-Request': 'true', 'HX-Request-Type': 'partial' };
    const once = { maxRedirects: 0 };
    const home = await request.get('/');
    const file = await page.locator('link[rel=stylesheet]').getAttribute('href');
    await page.goto('/companies');
    const company = await page.locator('#list th.primary a').first().getAttribute('href');
    const form = { 'content-type': 'application/x-www-form-urlencoded', origin: BASE_URL };
    const answers = {
      'a public page': [200, home],
      'a public page that is known': [304, await request.get('/', { headers: { 'if-none-match': home.headers().etag } })],
      'a page': [200, await request.get('/dashboard')],
      'a fragment': [200, await request.get('/companies', { headers: htmx })],
      'a file': [200, await request.get(file)],
      'a table as a file': [200, await request.post('/companies/export', { headers: form, data: '' })],
      'a redirect': [303, await request.post('/preferences', { headers: form, data: 'theme=auto', ...once })],
      'a page for machines': [200, await request.get('/readyz')],
      'a request from elsewhere': [403, await request.post('/preferences', { headers: { ...form, origin: 'https://evil.test' }, data: '', ...once })],
      'a missing page': [404, await request.get('/companies/nothing')],
      'a wrong method': [405, await request.delete('/companies')],
      'too much': [413, await request.post('/companies', { headers: form, data: `name=${'a'.repeat(2_200_000)}` })],
      'another format': [415, await request.post('/companies', { headers: { origin: BASE_URL }, data: { name: 'x' } })],
      'a form with mistakes': [422, await request.post('/companies', { headers: form, data: 'name=' })],
      'a URL that is too long': [414, await request.get(`/companies?q=${'a'.repeat(9_000)}`)],
      'a company': [200, await request.get(company)],
    };
    for (const [name, [status, answer]] of Object.entries(answers)) {
      assert.equal(answer.status(), status, name);
      const policy = answer.headers()['content-security-policy'];
      assert.ok(policy, `${name} has no policy`);
      judge(policy, name);
    }
  }));
