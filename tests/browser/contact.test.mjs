// A message by the contact form, and what the office does with it.

import assert from 'node:assert/strict';
import test from 'node:test';
import { CAST, DATABASE, expectAccessible, expectNoSidewaysScroll, expectValidHtml, signIn, withPage } from './harness.mjs';

for (const [language, js, width] of [['tr', false, 360], ['en', true, 1280]]) {
  test(`somebody writes and the office answers, in ${language}, ${js ? 'with' : 'without'} JavaScript`, () =>
    withPage({ js, width, locale: language }, async (page, context) => {
      const path = language === 'tr' ? '/tr/contact' : '/contact';
      const name = `Zeynep ${DATABASE} ${js}`;
      await page.goto(path);
      await page.locator('#f-name').fill(name);
      await page.locator('#f-body').fill('Bir teklif istiyoruz.');
      await page.locator('#contact-form button[type="submit"]').click();
      await page.locator('#error-summary').waitFor();
      assert.equal(await page.locator('#f-name').inputValue(), name);
      await expectAccessible(page);
      await page.locator('#f-email').fill('zeynep@ornek.test');
      await page.locator('#f-consent').check();
      await page.locator('#contact-form button[type="submit"]').click();
      await page.waitForURL((url) => url.pathname === `${path}/thanks`);
      assert.deepEqual(await context.cookies(), []);

      await signIn(page, CAST.ofis);
      await page.goto('/messages');
      await page.locator('#f-q').fill(name);
      if (!js) await page.locator('#filters button').click();
      await page.waitForURL((url) => url.searchParams.get('q') === name);
      await page.locator('#list th.primary a').filter({ hasText: name }).click();
      await page.locator('textarea[name="body"]').waitFor();
      await expectNoSidewaysScroll(page);
      await expectAccessible(page);
      await expectValidHtml(page);
      await page.locator('textarea[name="body"]').fill('Yarın arıyoruz.');
      await page.locator('form[action$="/reply"] button[type="submit"]').click();
      await page.locator('.flash').first().waitFor();
      assert.match(await page.locator('main').innerText(), /Yarın arıyoruz\./);
      await page.locator('form[action$="/state"] button').last().click();
      await page.waitForURL((url) => url.pathname === '/messages');
      await page.locator('.flash').first().waitFor();
    }));
}
