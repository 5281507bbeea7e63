// What a client sees after signing in, and what an administrator sees with a client's eyes.

import assert from 'node:assert/strict';
import test from 'node:test';
import { CAST, expectAccessible, expectNoSidewaysScroll, expectValidHtml, signIn, withPage } from './harness.mjs';
import { texts } from './steps.mjs';

async function expectGood(page, width) {
  await expectNoSidewaysScroll(page);
  await page.setViewportSize({ width, height: Math.max(800, await page.evaluate('document.documentElement.scrollHeight')) });
  await expectAccessible(page);
  await page.setViewportSize({ width, height: 800 });
  await expectValidHtml(page);
}

for (const [language, colorScheme, width, js] of [['en', 'light', 1280, true], ['tr', 'dark', 320, false]]) {
  test(`a client's portal in ${language}, ${colorScheme}, at ${width} px`, () =>
    withPage({ locale: language, colorScheme, width, js }, async (page) => {
      await signIn(page, CAST.cem);
      assert.equal(new URL(page.url()).pathname, '/portal');
      await page.locator('h1').filter({ hasText: 'Acme' }).waitFor();
      assert.ok((await page.locator('main th[scope="row"]').count()) > 1, 'subscriptions are listed');
      assert.ok((await page.locator('main .people li').count()) > 1, 'people are listed');
      assert.deepEqual(await page.locator('.rail a').evaluateAll((links) => links.map((link) => link.getAttribute('href'))), ['/portal']);
      await expectGood(page, width);
    }));

  test(`an administrator looks with a client's eyes in ${language}, ${colorScheme}, at ${width} px`, () =>
    withPage({ locale: language, colorScheme, width, js }, async (page) => {
      const t = texts(language);
      await signIn(page, CAST.ada);
      await page.goto('/companies?q=acme');
      await page.goto(await page.locator('#list th.primary a').first().getAttribute('href'));
      const company = new URL(page.url()).pathname;
      await page.locator(`form[action="${company}/view"] button`).click();
      await page.waitForURL((url) => url.pathname === '/portal');
      const banner = page.getByRole('region', { name: t('view-label') });
      await banner.waitFor();
      await expectGood(page, width);
      assert.equal((await page.goto('/companies')).status(), 404);
      await banner.getByRole('button', { name: t('view-end') }).click();
      await page.waitForURL((url) => url.pathname === company);
      assert.equal(await banner.count(), 0);
    }));
}
