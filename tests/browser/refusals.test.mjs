// What somebody sees when a request that htmx makes is refused: in place, told aloud, with the focus on it, and a button
// that works again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BASE_URL, CAST, signIn, withPage } from './harness.mjs';

const STATUSES = [403, 404, 409, 413, 429, 500, 503];

/** The product's own fragment of a refusal, which a refused address answers, under any status. */
async function fragment(page) {
  const answer = await page.request.get('/companies/no-such-place', { headers: { 'HX-Request': 'true', 'HX-Request-Type': 'partial' } });
  assert.equal(answer.status(), 404);
  assert.equal(answer.headers()['hx-retarget'], '#problem');
  return answer.text();
}

async function companyForm(page) {
  await page.goto('/companies/new');
  await page.locator('#f-name').fill('Sınama Firması Ltd. Şti.');
  return page.locator('#company-form form button[type="submit"], #company-form form button:not([type])').first();
}

for (const status of STATUSES) {
  test(`${status} is shown where one is and what was typed stays`, () =>
    withPage({ expected: [new RegExp(`^${status} for POST`)] }, async (page) => {
      await signIn(page, CAST.ofis);
      const body = await fragment(page);
      const button = await companyForm(page);
      await page.route('**/companies', (route) =>
        route.request().method() === 'POST'
          ? route.fulfill({
              status,
              body,
              headers: { 'content-type': 'text/html; charset=utf-8', 'hx-retarget': '#problem', 'hx-reswap': 'innerHTML', 'retry-after': '5' },
            })
          : route.continue(),
      );
      await button.click();
      const problem = page.locator('#problem');
      await problem.locator('a[href]').first().waitFor();
      assert.equal(await problem.getAttribute('role'), 'alert');
      await page.waitForFunction(() => document.querySelector('#problem').contains(document.activeElement));
      assert.equal(await page.locator('#f-name').inputValue(), 'Sınama Firması Ltd. Şti.');
      await page.waitForFunction(() => !document.querySelector('#company-form form button:disabled'));
      assert.equal(new URL(page.url()).pathname, '/companies/new');
      // And it can be sent again.
      await page.unroute('**/companies');
      // An answer that leads nowhere, so that the page is still there when the test ends.
      await page.route('**/companies', (route) => (route.request().method() === 'POST' ? route.fulfill({ status: 204 }) : route.continue()));
      const again = page.waitForRequest((request) => request.method() === 'POST' && request.url() === `${BASE_URL}/companies`);
      await button.click();
      await again;
    }));
}

test('a form with mistakes, an ended session and a line that is down are each told in place', () =>
  withPage({ expected: [/ERR_INTERNET_DISCONNECTED/, /fetch/i] }, async (page, context) => {
    await signIn(page, CAST.ofis);
    const button = await companyForm(page);
    await page.locator('#f-name').fill('');
    await button.click();
    const summary = page.locator('#error-summary');
    await summary.waitFor();
    await page.waitForFunction(() => document.activeElement?.id === 'error-summary');
    assert.equal(await page.locator('#company-form form button:disabled').count(), 0);

    await page.locator('#f-name').fill('Sınama Firması Ltd. Şti.');
    await context.setOffline(true);
    await page.locator('#company-form form button').last().click();
    const problem = page.locator('#problem');
    await problem.filter({ hasText: /\S/ }).waitFor();
    assert.equal(await problem.getAttribute('role'), 'alert');
    assert.equal(await page.locator('#f-name').inputValue(), 'Sınama Firması Ltd. Şti.');
    await context.setOffline(false);
    await page.waitForFunction(() => !document.querySelector('#company-form form button:disabled'));

    await context.clearCookies();
    await page.locator('#company-form form button').last().click();
    await page.waitForFunction(() => location.pathname === '/login' || document.querySelector('#problem a[href^="/login"]'));
    assert.equal(await page.locator('#company-form input[name="password"]').count(), 0, 'no sign-in page inside a fragment');
  }));
