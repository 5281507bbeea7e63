// Administrators and those whom they invite: from the invitation to the first sign-in, and what the pages look like.

import assert from 'node:assert/strict';
import test from 'node:test';
import { CAST, DATABASE, expectAccessible, expectNoSidewaysScroll, expectValidHtml, signIn, withPage } from './harness.mjs';

const PASSWORD = 'mavi kapı 7 fincan';

async function expectGood(page, width) {
  assert.equal(await page.locator('h1').count(), 1, `one heading on ${page.url()}`);
  await expectNoSidewaysScroll(page);
  // In a window as high as the page nothing lies under the bar that sticks to the bottom of a phone.
  await page.setViewportSize({ width, height: Math.max(800, await page.evaluate('document.documentElement.scrollHeight')) });
  await expectAccessible(page);
  await page.setViewportSize({ width, height: 800 });
  await expectValidHtml(page);
}

/** The link in the mail to somebody, as the outbox keeps it. */
async function invitation(page, email) {
  for (let tries = 0; tries < 50; tries += 1) {
    await page.goto('/outbox');
    const mail = page.locator('main tbody tr, main li').filter({ hasText: email }).locator('a').first();
    if ((await mail.count()) > 0) {
      await mail.click();
      // The source is folded away; before it stands what the link takes the place of.
      const text = await page.locator('main').textContent();
      return new URL(/https?:\/\/\S+\/invite\/(?!LINK-OF-)[\w-]{43}/.exec(text.replaceAll(/=\r?\n/g, ''))[0]).pathname;
    }
    await page.waitForTimeout(100);
  }
  return assert.fail(`no mail to ${email}`);
}

for (const js of [true, false]) {
  test(`somebody is invited, chooses a password and is deactivated, ${js ? 'with' : 'without'} JavaScript`, () =>
    withPage({ js }, async (page, context) => {
      const email = `deniz-${DATABASE}-${js}@ornek.test`;
      await signIn(page, CAST.ada);
      await page.goto('/users');
      await page.locator('a[href="/users/new"]').click();
      await page.locator('#user-form button[type="submit"]').click();
      await page.locator('#error-summary').waitFor();
      await page.locator('#f-name').fill('Deniz Ak');
      await page.locator('#f-email').fill(email);
      await page.locator('#f-role').selectOption('client');
      await page.locator('#f-company').fill('acme');
      await page.locator('#user-form button[type="submit"]').click();
      await page.locator('.record-title .badge.wait').waitFor();
      const user = new URL(page.url()).pathname;
      const link = await invitation(page, email);

      await context.clearCookies();
      await page.goto(link);
      await page.locator('#f-password').fill('kısa');
      await page.locator('#invitation-form button').click();
      await page.locator('#error-summary').waitFor();
      await page.locator('#f-password').fill(PASSWORD);
      await page.locator('#invitation-form button').click();
      await page.locator('.notice.good').waitFor();
      assert.equal(new URL(page.url()).pathname, '/login');
      await page.goto(link);
      assert.equal(await page.locator('#invitation-form').count(), 0);

      await signIn(page, CAST.ada);
      await page.goto(user);
      await page.locator('form[action$="/deactivate"] button').click();
      await page.locator('.record-title .badge.neutral').waitFor();
    }));
}

for (const [language, colorScheme, width] of [['en', 'light', 1280], ['tr', 'dark', 320]]) {
  test(`the pages about users in ${language}, ${colorScheme}, at ${width} px`, () =>
    withPage({ locale: language, colorScheme, width }, async (page, context) => {
      const email = `ece-${language}@ornek.test`;
      await signIn(page, CAST.ada);
      await page.goto('/users/new');
      await page.locator('#f-name').fill('Ece Su');
      await page.locator('#f-email').fill(email);
      await page.locator('#f-role').selectOption('doctor');
      await page.locator('#user-form button[type="submit"]').click();
      await page.locator('.record-title .badge.wait').waitFor();
      const invited = new URL(page.url()).pathname;
      await page.goto('/users?q=ada');
      const ada = await page.locator('#list th.primary a').first().getAttribute('href');
      for (const address of ['/users', '/users?q=nobody', '/users/new', invited, `${invited}/edit`, ada, '/permissions']) {
        await page.goto(address);
        await expectGood(page, width);
      }
      const link = await invitation(page, email);
      await page.goto(invited);
      await page.locator('form[action$="/deactivate"] button').click();
      await page.locator('#erase > summary').click();
      await expectGood(page, width);
      await context.clearCookies();
      await page.goto(link);
      await expectGood(page, width);
      await page.goto('/login?done=invited');
      await expectGood(page, width);
    }));
}

test('the tables of permissions scroll in their own boxes by the keyboard', () =>
  withPage({ width: 320 }, async (page) => {
    await signIn(page, CAST.ada);
    await page.goto('/permissions');
    await expectNoSidewaysScroll(page);
    const box = page.locator('.matrix-box').first();
    await box.focus();
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(() => document.querySelector('.matrix-box').scrollLeft > 0);
  }));
