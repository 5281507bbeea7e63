import assert from 'node:assert/strict';
import test from 'node:test';
import { expectAccessible, expectNoSidewaysScroll, expectValidHtml, withPage } from './harness.mjs';

/** The home page of a language, by the link that the English one gives. */
async function openHome(page, language) {
  await page.goto('/');
  if (language === 'en') return;
  const href = await page.locator(`link[rel="alternate"][hreflang="${language}"]`).getAttribute('href');
  await page.goto(href);
}

for (const language of ['en', 'tr']) {
  for (const width of [320, 1280]) {
    for (const colorScheme of ['light', 'dark']) {
      test(`home in ${language} at ${width} px, ${colorScheme}`, () =>
        withPage({ width, colorScheme, locale: language }, async (page) => {
          await openHome(page, language);
          assert.equal(await page.locator('html').getAttribute('lang'), language);
          assert.equal(await page.locator('h1').count(), 1);
          await expectNoSidewaysScroll(page);
          await expectAccessible(page);
        }));
    }
  }

  test(`home in ${language} is valid HTML and the same without JavaScript`, () =>
    withPage({ js: false, locale: language }, async (page) => {
      await openHome(page, language);
      await expectValidHtml(page);
      assert.equal(await page.locator('h1').isVisible(), true);
      assert.equal(await page.locator('a[href$="/login"]').first().isVisible(), true);
    }));
}
