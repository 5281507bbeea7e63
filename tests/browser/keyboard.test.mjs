// The office without a mouse: shortcuts, the skip link, what Tab reaches and where the focus stays.

import assert from 'node:assert/strict';
import test from 'node:test';
import { BASE_URL, CAST, signIn, withPage } from './harness.mjs';

/** What has the focus: its id, else its text. */
const focused = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim());

const at = (page, path) => page.waitForURL(`${BASE_URL}${path}`);

test('shortcuts go to the places of the office', () =>
  withPage({}, async (page) => {
    await signIn(page, CAST.ofis);
    for (const [letter, path] of [['c', '/companies'], ['a', '/activities'], ['t', '/trash'], ['d', '/dashboard']]) {
      await page.keyboard.press('g');
      await page.keyboard.press(letter);
      await at(page, path);
    }
    await page.keyboard.press('n');
    await at(page, '/companies/new');
  }));

test('/ goes to the search of the page, else to that of the bar', () =>
  withPage({}, async (page) => {
    await signIn(page, CAST.ofis);
    await page.keyboard.press('/');
    assert.equal(await focused(page), 'global-search');
    assert.equal(await page.locator('#global-search').inputValue(), '', 'the key itself is not typed');
    await page.keyboard.type('acme');
    await page.keyboard.press('Enter');
    await at(page, '/companies?q=acme');
    await page.keyboard.press('/');
    assert.equal(await focused(page), 'f-q');
    assert.equal(await page.evaluate(() => getSelection().toString()), 'acme', 'what stands there is selected');
  }));

test('? opens the help, Escape closes it and the focus goes back', () =>
  withPage({}, async (page) => {
    await signIn(page, CAST.ofis);
    await page.goto('/companies');
    const row = page.locator('#list th.primary a').first();
    await row.focus();
    await page.keyboard.press('?');
    await page.locator('dialog[open] .keys').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.closest('dialog') !== null), true, 'the focus is in the dialog');
    assert.equal(await page.locator('dialog').evaluate((dialog) => dialog.matches(':modal')), true);
    // No shortcut leads away from an open dialog.
    await page.keyboard.press('n');
    await page.keyboard.press('Escape');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
    assert.equal(await row.evaluate((link) => link === document.activeElement), true, 'the focus is where it was');
    await at(page, '/companies');
  }));

test('the menu opens and closes by keyboard', () =>
  withPage({}, async (page) => {
    await signIn(page, CAST.ofis);
    const summary = page.locator('details.menu > summary');
    await summary.focus();
    await page.keyboard.press('Enter');
    await page.locator('details.menu[open]').waitFor();
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('href')), '/account');
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('details.menu[open]').count(), 0);
    assert.equal(await summary.evaluate((element) => element === document.activeElement), true);
  }));

test('shortcuts do nothing while somebody types, nor with a modifier, nor once turned off', () =>
  withPage({}, async (page) => {
    await signIn(page, CAST.ofis);
    await page.goto('/companies/new');
    const field = page.locator('main form input:not([type="hidden"])').first();
    await field.focus();
    await page.keyboard.type('n/?gd');
    assert.equal(await field.inputValue(), 'n/?gd');
    const text = page.locator('main form textarea').first();
    if ((await text.count()) > 0) {
      await text.focus();
      await page.keyboard.type('g c');
      assert.equal(await text.inputValue(), 'g c');
    }
    await page.locator('main form select').first().focus();
    await page.keyboard.press('n');
    assert.equal(await page.locator('dialog[open]').count(), 0);
    await at(page, '/companies/new');

    await page.goto('/help');
    await page.keyboard.press('Control+/');
    assert.notEqual(await focused(page), 'global-search');
    await page.locator('button[data-shortcuts="off"]').click();
    await page.keyboard.press('/');
    assert.notEqual(await focused(page), 'global-search');
    await page.reload();
    await page.keyboard.press('/');
    assert.notEqual(await focused(page), 'global-search', 'the choice is kept');
    await page.locator('button[data-shortcuts="on"]').click();
    await page.keyboard.press('/');
    assert.equal(await focused(page), 'global-search');
  }));

test('the skip link is the first stop and leads past the frame', () =>
  withPage({}, async (page) => {
    await signIn(page, CAST.ofis);
    await page.goto('/companies');
    await page.keyboard.press('Tab');
    const skip = page.locator('a.skip');
    assert.equal(await skip.evaluate((link) => link === document.activeElement), true);
    await page.waitForFunction(() => document.activeElement.getBoundingClientRect().top >= 0, undefined, { timeout: 1000 });
    await page.keyboard.press('Enter');
    assert.equal(await focused(page), 'main');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.closest('main') !== null), true);
  }));

test('Tab reaches every control of the companies list, in order and in sight', () =>
  withPage({}, async (page) => {
    await signIn(page, CAST.ofis);
    await page.goto('/companies?status=customer');
    const count = await page.evaluate(() => {
      const controls = [...document.querySelectorAll('a[href], button, input:not([type="hidden"]), select, summary')].filter((element) =>
        element.checkVisibility({ visibilityProperty: true }),
      );
      controls.forEach((element, index) => (element.dataset.stop = index));
      return controls.length;
    });
    assert.ok(count > 50, `${count} controls`);
    const stops = [];
    for (let index = 0; index < count; index += 1) {
      await page.keyboard.press('Tab');
      stops.push(
        await page.evaluate(async () => {
          const element = document.activeElement;
          // What the focus changes is drawn with the next frame.
          await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
          const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
          const { left, top, width, height } = element.getBoundingClientRect();
          const above = document.elementFromPoint(left + width / 2, top + height / 2);
          return {
            stop: Number(element.dataset.stop),
            what: element.outerHTML.slice(0, 120),
            outlined: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2 && outlineColor !== 'rgba(0, 0, 0, 0)',
            covered: !(above && (element.contains(above) || above.contains(element))),
          };
        }),
      );
    }
    assert.deepEqual(stops.map(({ stop }) => stop), [...stops.keys()], 'the order of the page, nothing left out, no trap');
    assert.deepEqual(stops.filter(({ outlined }) => !outlined).map(({ what }) => what), [], 'no visible focus');
    assert.deepEqual(stops.filter(({ covered }) => covered).map(({ what }) => what), [], 'covered by something when it has the focus');
  }));

test('the focus stays in the search while its results are swapped', () =>
  withPage({}, async (page) => {
    await signIn(page, CAST.ofis);
    await page.goto('/companies');
    await page.locator('#f-q').focus();
    await page.keyboard.type('acme');
    await page.waitForURL(/q=acme/);
    await page.locator('#list .chip').waitFor();
    assert.equal(await focused(page), 'f-q');
    await page.keyboard.type(' iş');
    await page.waitForURL(/q=acme\+i/);
    // The new total is read out.
    await page.locator('#announce', { hasText: /\d/ }).waitFor({ state: 'attached' });
    assert.equal(await focused(page), 'f-q');
    assert.equal(await page.locator('#f-q').inputValue(), 'acme iş');
  }));

test('the focus stays on the heading, the filter and the page link that swapped the list', () =>
  withPage({}, async (page) => {
    await signIn(page, CAST.ofis);
    await page.goto('/companies');
    const name = page.locator('#list thead .sort').first();
    await name.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/sort=/);
    await page.waitForFunction(() => document.activeElement.matches('#list thead th:first-child .sort'));
    await page.locator('#list-next').focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/after=/);
    await page.waitForFunction(() => document.activeElement.id === 'list-next');
    await page.locator('#f-status').focus();
    await page.keyboard.press('ArrowDown');
    await page.waitForURL(/status=lead/);
    await page.waitForFunction(() => document.activeElement.id === 'f-status');
  }));
