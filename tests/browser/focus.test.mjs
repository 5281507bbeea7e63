// Where the focus lands when part of a page was swapped: never on nothing, and where the next key makes sense.

import assert from 'node:assert/strict';
import test from 'node:test';
import { CAST, signIn, withPage } from './harness.mjs';
import { DIYARBAKIR, fill, find, flash, open, texts } from './steps.mjs';

const t = texts('en');

/** A page of the Diyarbakır company, opened by the office. */
function onCompany(page, fn) {
  return withPage({}, async (it) => {
    await signIn(it, CAST.ofis);
    await it.goto('/companies');
    await find(it, true, 'diyarbakir');
    const company = await open(it, DIYARBAKIR);
    await it.goto(`${company}${page}`);
    await fn(it, company);
  });
}

/** Waits for the focus to be on what the selector names, and sees that it stays there. */
async function focusOn(page, selector) {
  await page.waitForFunction((selector) => document.activeElement?.matches(selector), selector);
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 60)));
  const element = await page.evaluate(() => document.activeElement.outerHTML.slice(0, 160));
  assert.equal(await page.evaluate((selector) => document.activeElement.matches(selector), selector), true, `the focus went on to ${element}`);
}

test('leaving the search field swaps nothing: a result can be clicked slowly', () =>
  withPage({}, async (page) => {
    await signIn(page, CAST.ofis);
    await page.goto('/companies');
    await find(page, true, 'diyarbakir');
    await page.locator('#list').getByRole('link', { name: DIYARBAKIR }).hover();
    await page.mouse.down();
    // As long as a hand takes; a list that is swapped meanwhile takes the link away from under it.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 400)));
    await page.mouse.up();
    await page.locator('h1').filter({ hasText: DIYARBAKIR }).waitFor();
  }));

test('a company like another is told of without moving the button that is being pressed', () =>
  withPage({}, async (page) => {
    await signIn(page, CAST.ofis);
    await page.goto('/companies/new');
    await page.locator('#f-name').fill(DIYARBAKIR);
    await page.locator('#similar li').waitFor();
    await page.locator('#f-name').pressSequentially(' 2');
    await page.locator('#company-form button[type="submit"]').hover();
    await page.mouse.down();
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)));
    await page.mouse.up();
    await page.locator('#f-confirm').waitFor();
  }));

test('a row is added without the mouse: n, the fields, Enter, and again', () =>
  onCompany('/contacts', async (page) => {
    await page.keyboard.press('n');
    await focusOn(page, '#f-name');
    await page.keyboard.press('Enter');
    await focusOn(page, '#error-summary');
    await page.keyboard.press('Tab');
    await focusOn(page, '#error-summary a');
    await page.keyboard.press('Enter');
    await focusOn(page, '#f-name');
    await page.keyboard.type('Klavye Kişisi');
    await page.keyboard.press('Enter');
    await flash(page, t('flash-contacts-created', { name: 'Klavye Kişisi' }));
    await focusOn(page, 'details.add:not([open]) > summary');
    await page.keyboard.press('n');
    await focusOn(page, '#f-name');
    assert.equal(await page.locator('#f-name').inputValue(), '', 'the form is a fresh one');
  }));

test('a row that was changed keeps the focus, one that went away leaves it in its list', () =>
  onCompany('/activities', async (page, company) => {
    await page.locator('details.add > summary').click();
    await fill(page, { title: 'Odak denemesi', kind: 'task' });
    await page.locator('details.add button[type="submit"]').click();
    const row = page.locator('#panel li').filter({ hasText: 'Odak denemesi' });
    await row.waitFor();
    const id = await row.getAttribute('id');
    await row.getByRole('button', { name: t('activity-mark-done') }).focus();
    await page.keyboard.press('Enter');
    await flash(page, t('flash-activities-done', { name: 'Odak denemesi' }));
    await focusOn(page, `#${id} form[action$="/done"] button`);
    await page.keyboard.press('Enter');
    await flash(page, t('flash-activities-reopened', { name: 'Odak denemesi' }));
    await focusOn(page, `#${id} form[action$="/done"] button`);
    await row.getByRole('button', { name: t('row-trash') }).focus();
    await page.keyboard.press('Enter');
    await flash(page, t('flash-activities-trashed', { name: 'Odak denemesi' }));
    assert.equal(await row.count(), 0);
    await focusOn(page, '#panel *');

    await page.goto(`${company}/notes`);
    await page.locator('details.add > summary').click();
    await fill(page, { body: 'Odakta kalan not' });
    await page.locator('details.add button[type="submit"]').click();
    const note = page.locator('#panel .note').filter({ hasText: 'Odakta kalan not' });
    await note.getByRole('button', { name: new RegExp(`^${t('note-pin')}\\b`) }).focus();
    await page.keyboard.press('Enter');
    await note.and(page.locator('.pinned')).waitFor();
    await focusOn(page, `#${await note.getAttribute('id')} form[action$="/pin"] button`);
  }));

test('the status is changed in place and the focus is back on it', () =>
  onCompany('', async (page) => {
    const summary = page.locator('#company-status > summary');
    const before = await summary.locator('.badge').innerText();
    await summary.focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await focusOn(page, '#company-status-value');
    await page.keyboard.press(before === t('company-status-lead') ? 'ArrowDown' : 'Home');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await flash(page, t('flash-companies-status', { name: DIYARBAKIR }));
    await focusOn(page, '#company-status:not([open]) > summary');
    assert.notEqual(await summary.locator('.badge').innerText(), before);
    // Away from the status with nothing changed: Escape closes it.
    await page.keyboard.press('Enter');
    await page.locator('#company-status[open]').waitFor();
    await page.keyboard.press('Escape');
    await focusOn(page, '#company-status:not([open]) > summary');
  }));

test('the confirm step holds the focus until it is answered and gives it back', () =>
  onCompany('', async (page, company) => {
    const trash = `.record-actions a[href="${company}/trash"]`;
    await page.locator(trash).focus();
    await page.keyboard.press('Enter');
    await page.locator('#dialog[open] .confirm').waitFor();
    for (const key of ['Tab', 'Tab', 'Tab', 'Tab', 'Shift+Tab', 'Shift+Tab', 'Shift+Tab', 'Shift+Tab']) {
      await page.keyboard.press(key);
      // Between the last and the first control the focus is on the browser itself.
      assert.equal(await page.evaluate(() => document.activeElement === document.body || document.activeElement.closest('#dialog') !== null), true, key);
    }
    await page.keyboard.press('Escape');
    await page.locator('#dialog[open]').waitFor({ state: 'detached' });
    await focusOn(page, trash);
    await page.keyboard.press('Enter');
    await page.locator('#dialog[open] [data-close]').focus();
    await page.keyboard.press('Enter');
    await page.locator('#dialog[open]').waitFor({ state: 'detached' });
    await focusOn(page, trash);
    assert.equal(new URL(page.url()).pathname, company);
    assert.equal((await page.request.get(company)).status(), 200, 'nothing went to the trash');
  }));

test('a message that is dismissed leaves the focus on the page', () =>
  onCompany('/notes', async (page) => {
    await page.locator('details.add > summary').click();
    await fill(page, { body: 'Kapatılan ileti' });
    await page.locator('details.add button[type="submit"]').click();
    await flash(page, t('flash-notes-created'));
    await page.locator('#flash [data-dismiss]').focus();
    await page.keyboard.press('Enter');
    await page.locator('#flash .flash').waitFor({ state: 'detached' });
    await focusOn(page, '#main');
  }));
