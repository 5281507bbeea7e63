// What the browser remembers: addresses of a list, Back and Forward, and nothing private.

import assert from 'node:assert/strict';
import test from 'node:test';
import { CAST, expectValidHtml, signIn, withPage } from './harness.mjs';

/** What the list shows and what its form says, for comparison after Back and Forward. */
function state(page) {
  return page.evaluate(() => ({
    address: location.pathname + location.search,
    rows: [...document.querySelectorAll('#list th.primary')].map((cell) => cell.textContent.trim()),
    range: document.querySelector('.pagination-range')?.textContent.trim(),
    chips: [...document.querySelectorAll('#list .chip')].map((chip) => chip.textContent.trim()),
    sorted: [...document.querySelectorAll('#list th[aria-sort]')].map((cell) => `${cell.textContent.trim()} ${cell.ariaSort}`),
    form: [...document.querySelectorAll('#filters :is(input, select)')].map((control) => `${control.name}=${control.value}`),
  }));
}

/** Does something that swaps the list and changes the address; the state after it. */
async function step(page, act) {
  const before = page.url();
  await page.evaluate(() => document.getElementById('list').setAttribute('data-old', ''));
  await act();
  await page.waitForURL((url) => url.href !== before);
  await page.locator('#list:not([data-old])').waitFor();
  return state(page);
}

/** Back or Forward, and what that loads: htmx is told to ask the server for the page anew. */
async function travel(page, way) {
  await page.evaluate(() => (window.left = true));
  await page[way]({ waitUntil: 'commit' });
  await page.waitForFunction(() => !window.left && document.readyState === 'complete');
}

test('filter, sort and next page are addresses; Back, Forward and reload restore the list and its form', () =>
  withPage({}, async (page) => {
    await signIn(page, CAST.ofis);
    await page.goto('/companies');
    // A page that was loaded anew would have lost this.
    await page.evaluate(() => (window.sameDocument = true));
    const steps = [await state(page)];
    steps.push(await step(page, () => page.locator('#list-next').click()));
    steps.push(await step(page, () => page.locator('#f-danger_class').selectOption('dangerous')));
    steps.push(await step(page, () => page.locator('#list thead .sort').first().click()));
    steps.push(await step(page, () => page.locator('#f-q').pressSequentially('an')));
    assert.equal(await page.evaluate(() => window.sameDocument), true, 'only the list was swapped');
    const last = steps.length - 1;
    assert.equal(new Set(steps.map(({ address }) => address)).size, steps.length, 'each step has an address of its own');
    assert.match(steps[1].address, /[?&]after=/);
    assert.match(steps[2].address, /danger_class=dangerous/);
    assert.doesNotMatch(steps[2].address, /after=/, 'a filter starts at the first page');
    assert.match(steps[3].address, /danger_class=dangerous/);
    assert.match(steps[3].address, /sort=-?name/);
    assert.match(steps[4].address, /q=an/);
    assert.match(steps[4].address, /sort=-?name/);
    assert.match(steps[4].address, /danger_class=dangerous/);

    const expectStep = async (index) => {
      await page.waitForURL((url) => url.pathname + url.search === steps[index].address);
      await page.locator('#filters').waitFor();
      assert.deepEqual(await state(page), steps[index], `step ${index}`);
    };
    for (let index = last - 1; index >= 0; index -= 1) {
      await travel(page, 'goBack');
      await expectStep(index);
    }
    for (let index = 1; index <= last; index += 1) {
      await travel(page, 'goForward');
      await expectStep(index);
    }
    await page.reload();
    await expectStep(last);
    assert.equal(await page.locator('.topbar, .rail').count(), 2, 'the whole page');
    await expectValidHtml(page);
  }));

test('Back from a company shows the list as it was left', () =>
  withPage({}, async (page) => {
    await signIn(page, CAST.ofis);
    await page.goto('/companies');
    await step(page, () => page.locator('#f-status').selectOption('customer'));
    const left = await step(page, () => page.locator('#list thead .sort').first().click());
    await page.locator('#list th.primary a').first().click();
    await page.waitForURL(/\/companies\/[0-9a-f-]{36}$/);
    await travel(page, 'goBack');
    await page.locator('#filters').waitFor();
    assert.deepEqual(await state(page), left);
    // And the form still works from there.
    const next = await step(page, () => page.locator('#f-status').selectOption('lead'));
    assert.match(next.address, /status=lead/);
  }));

test('after sign-out Back shows the sign-in page and nothing private', () =>
  withPage({}, async (page) => {
    await signIn(page, CAST.ofis);
    await page.goto('/companies');
    await step(page, () => page.locator('#f-status').selectOption('customer'));
    await page.locator('#list th.primary a').first().click();
    await page.waitForURL(/\/companies\/[0-9a-f-]{36}$/);
    const company = await page.locator('h1').textContent();
    await page.locator('details.menu > summary').click();
    await page.locator('form[action="/logout"] button').click();
    await page.waitForURL(/\/login/);
    for (let back = 0; back < 3; back += 1) {
      await travel(page, 'goBack');
      await page.waitForURL(/\/login/);
      await page.locator('#session-form').waitFor();
      const text = await page.locator('body').innerText();
      assert.equal(text.includes(company), false);
      assert.equal(await page.locator('#list, .topbar, [data-private]').count(), 0);
    }
  }));

test('after sign-out Back shows nothing of a page outside the office either', () =>
  withPage({ expected: [/404/] }, async (page) => {
    await signIn(page, CAST.ofis);
    await page.goto('/account/second-factor');
    await page.locator('[data-private]').waitFor();
    await page.goto('/companies/00000000-0000-0000-0000-000000000000');
    await page.locator('body.plain[data-private]').waitFor();
    await page.locator('form[action="/logout"] button').click();
    await page.waitForURL(/\/login/);
    for (let back = 0; back < 2; back += 1) {
      await travel(page, 'goBack');
      await page.waitForURL(/\/login/);
      assert.equal(await page.locator('[data-private], a[href="/account"], form[action^="/account"]').count(), 0);
    }
  }));

test('somebody else who signs in after it gets only their own pages by Back', () =>
  withPage({}, async (page) => {
    await signIn(page, CAST.ofis);
    await page.goto('/companies/new');
    await page.goto('/dashboard');
    await page.locator('details.menu > summary').click();
    await page.locator('form[action="/logout"] button').click();
    await page.waitForURL(/\/login/);
    await signIn(page, CAST.esra);
    assert.match(await page.locator('.menu > summary').textContent(), /Esra/);
    await travel(page, 'goBack');
    assert.match(await page.locator('.menu > summary').textContent(), /Esra/);
  }));

test('the browser stores nothing but the cookies', () =>
  withPage({}, async (page, context) => {
    const stored = () =>
      page.evaluate(async () => ({
        local: Object.keys(localStorage),
        session: Object.keys(sessionStorage),
        databases: (await indexedDB.databases()).map(({ name }) => name),
        workers: (await navigator.serviceWorker?.getRegistrations())?.length ?? 0,
      }));
    const nothing = { local: [], session: [], databases: [], workers: 0 };
    await signIn(page, CAST.ofis);
    assert.deepEqual(await stored(), nothing);
    await page.goto('/companies');
    await step(page, () => page.locator('#f-status').selectOption('customer'));
    await step(page, () => page.locator('#list thead .sort').first().click());
    await travel(page, 'goBack');
    await page.keyboard.press('?');
    await page.locator('dialog[open] .keys').waitFor();
    assert.deepEqual(await stored(), nothing);
    for (const { name, httpOnly, sameSite } of await context.cookies()) {
      assert.deepEqual({ name, httpOnly, sameSite: /^(Lax|Strict)$/.test(sameSite) }, { name, httpOnly: true, sameSite: true });
    }
  }));
