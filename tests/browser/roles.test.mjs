// What each role is offered: the expert reads and keeps their own activities, the client has no place in the office.

import assert from 'node:assert/strict';
import test from 'node:test';
import { CAST, expectAccessible, expectNoSidewaysScroll, expectValidHtml, signIn, withPage } from './harness.mjs';
import { DIYARBAKIR, fill, find, flash, open, texts } from './steps.mjs';

async function expectGood(page, width) {
  await expectNoSidewaysScroll(page);
  // In a window as high as the page nothing lies under the bar that sticks to the bottom of a phone.
  await page.setViewportSize({ width, height: Math.max(800, await page.evaluate('document.documentElement.scrollHeight')) });
  await expectAccessible(page);
  await page.setViewportSize({ width, height: 800 });
  await expectValidHtml(page);
}

for (const [language, colorScheme, width] of [['en', 'light', 1280], ['tr', 'dark', 320]]) {
  test(`an expert's pages in ${language}, ${colorScheme}, at ${width} px offer nothing that is refused`, () =>
    withPage({ locale: language, colorScheme, width }, async (page) => {
      await signIn(page, CAST.esra);
      assert.equal(await page.locator('html').getAttribute('lang'), language);
      assert.deepEqual(await page.locator('.rail a').evaluateAll((links) => links.map((link) => link.getAttribute('href'))), ['/dashboard', '/companies', '/activities']);
      await expectGood(page, width);
      await page.goto('/companies');
      await find(page, true, 'diyarbakir');
      const company = await open(page, DIYARBAKIR);
      for (const address of ['/companies', company, `${company}/contacts`, `${company}/notes`, `${company}/activities`, `${company}/history`, '/activities', '/help']) {
        await page.goto(address);
        // Each way on leads somewhere: what is shown is what may be done.
        const ways = await page
          .locator('a[href^="/"], form[method="get"]')
          .evaluateAll((all) => [...new Set(all.map((way) => new URL(way.href ?? way.action).pathname))]);
        for (const way of ways.filter((way) => /\/(new|edit|trash)$/.test(way))) {
          assert.equal((await page.request.get(way)).status(), 200, `${way} on ${address}`);
        }
        const posts = await page.locator('main form[method="post"]').evaluateAll((forms) => forms.map((form) => new URL(form.action).pathname));
        const refused = posts.filter((path) => !/\/activities(\/|$)|^\/preferences$|^\/companies\/export$/.test(path));
        assert.deepEqual(refused, [], `forms on ${address}`);
        await expectGood(page, width);
      }
    }));
}

for (const js of [true, false]) {
  test(`an expert keeps their own activities, ${js ? 'with' : 'without'} JavaScript`, () =>
    withPage({ js }, async (page) => {
      const t = texts('en');
      const title = `Saha ziyareti ${js}`;
      await signIn(page, CAST.esra);
      await page.goto('/companies');
      await find(page, js, 'diyarbakir');
      const company = await open(page, DIYARBAKIR);
      await page.goto(`${company}/activities`);
      const rows = page.locator('#panel li');
      const foreign = rows.filter({ hasText: 'Ada Yılmaz' });
      assert.ok((await foreign.count()) > 0);
      assert.equal(await foreign.locator('form, a').count(), 0, 'what others wrote is theirs');
      await page.locator('details.add > summary').click();
      await fill(page, { kind: 'meeting', title });
      await page.locator('details.add button[type="submit"]').click();
      await flash(page, t('flash-activities-created', { name: title }));
      const row = rows.filter({ hasText: title });
      await row.getByRole('button', { name: t('activity-mark-done') }).click();
      await flash(page, t('flash-activities-done', { name: title }));
      await row.getByRole('button', { name: t('row-trash') }).click();
      await flash(page, t('flash-activities-trashed', { name: title }));
      await row.waitFor({ state: 'detached' });
      await page.locator('#flash form button').click();
      await flash(page, t('flash-activities-restored', { name: title }));
      await row.waitFor();
    }));
}

test('a client finds nothing of the office, a valid page instead, and the way out', () =>
  withPage({}, async (page) => {
    const ofis = await companyOf(page);
    await signIn(page, CAST.cem);
    for (const address of ['/dashboard', '/companies', ofis, `${ofis}/edit`, '/trash', '/activities']) {
      const answer = await page.goto(address);
      assert.equal(answer.status(), 404, address);
      assert.equal(await page.getByText(DIYARBAKIR).count(), 0);
    }
    assert.equal(await page.locator('a[href^="/companies"], a[href="/dashboard"]').count(), 0, 'no way leads back to nothing');
    await expectGood(page, 1280);
    await page.locator('form[action="/logout"] button').click();
    await page.waitForURL((url) => url.pathname === '/login');
    assert.equal((await page.request.get('/dashboard', { maxRedirects: 0 })).status(), 303);
  }));

/** The path of a company that the office sees; nobody is signed in afterwards. */
async function companyOf(page) {
  await signIn(page, CAST.ofis);
  await page.goto('/companies?q=diyarbakir');
  const path = await page.locator('#list th.primary a').getAttribute('href');
  await page.context().clearCookies();
  return path;
}
