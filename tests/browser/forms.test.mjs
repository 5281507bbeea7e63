// What a form does when things go wrong: bad input, records alike, two people at once, two clicks, a lost or a slow line.

import assert from 'node:assert/strict';
import test from 'node:test';
import { CAST, expectAccessible, expectValidHtml, signIn, withPage } from './harness.mjs';

/** What htmx says of a request without an answer. */
const LOST = /^console error: htmx: htmx:error: Failed to fetch/;

/** Opens a page for someone who is signed in. */
function signedIn(options, email, fn) {
  return withPage(options, async (page, context) => {
    await signIn(page, email);
    await fn(page, context);
  });
}

const create = (page) => page.locator('#company-form button[type="submit"]');
const heading = (page, text) => page.getByRole('heading', { level: 1, name: text, exact: true }).waitFor();

async function fill(page, values) {
  for (const [name, value] of Object.entries(values)) {
    const field = page.locator(`#f-${name}`);
    if (await field.evaluate((element) => element.tagName === 'SELECT')) await field.selectOption(value);
    else await field.fill(value);
  }
}

async function expectKept(page, values) {
  for (const [name, value] of Object.entries(values)) assert.equal(await page.locator(`#f-${name}`).inputValue(), value, `${name} is kept`);
}

/** Adds a company that is like no other; its address. */
async function added(page, values) {
  await page.goto('/companies/new');
  await fill(page, values);
  await create(page).click();
  await heading(page, values.name);
  return page.url();
}

/** The companies of this name, as the list finds them. */
async function namesakes(page, name) {
  await page.goto(`/companies?q=${encodeURIComponent(name)}`);
  return page.locator('tbody th.primary a').filter({ hasText: name });
}

for (const js of [true, false]) {
  const how = js ? 'with JavaScript' : 'without JavaScript';

  test(`what cannot be saved is said at the top and beside each field, ${how}`, () =>
    signedIn({ js }, CAST.ada, async (page) => {
      await page.goto('/companies/new');
      const wrong = { tax_id: '12345', phone: '123', email: 'ad soyad@ornek' };
      const right = { tax_office: 'Gökalp & <Oğulları>', address: 'Birinci satır\nİkinci "satır"', danger_class: 'dangerous', status: 'prospect' };
      await fill(page, { name: '', ...wrong, ...right });
      await create(page).click();

      const summary = page.locator('#error-summary:focus');
      await summary.waitFor();
      const failed = ['name', ...Object.keys(wrong)];
      const links = summary.getByRole('link');
      assert.deepEqual(await links.evaluateAll((all) => all.map((link) => link.getAttribute('href'))), failed.map((name) => `#f-${name}`));
      const said = await links.allInnerTexts();
      for (const [at, name] of failed.entries()) {
        const field = page.locator(`#f-${name}`);
        assert.equal(await field.getAttribute('aria-invalid'), 'true');
        const error = page.locator(`#f-${name}-error`);
        assert.ok((await field.getAttribute('aria-describedby')).split(' ').includes(`f-${name}-error`), `${name} is described by its error`);
        assert.equal(await error.isVisible(), true);
        assert.ok((await error.innerText()).includes(said[at]), `the summary says of ${name} what stands beside it`);
      }
      assert.equal(await page.locator('[aria-invalid="true"]').count(), failed.length, 'no other field is marked');
      await expectKept(page, { name: '', ...wrong, ...right });
      await expectAccessible(page);

      // From the summary to the field.
      await links.nth(2).click();
      await page.locator('#f-phone:focus').waitFor();

      const name = `Karanfil Cam Sanayi ${js}`;
      await fill(page, { name, tax_id: '', phone: '0412 228 00 11', email: 'bilgi@karanfil.test' });
      await create(page).click();
      await heading(page, name);
      assert.equal(await page.getByText(right.tax_office, { exact: true }).isVisible(), true);
    }));

  test(`a company like another is saved once that is confirmed, ${how}`, () =>
    signedIn({ js }, CAST.ada, async (page) => {
      const name = `Zambak Tekstil İplik ${js}`;
      const other = await added(page, { name });

      await page.goto('/companies/new');
      await fill(page, { name, email: 'ikinci@zambak.test' });
      const alike = page.locator('#similar').getByRole('link', { name, exact: true });
      if (js) {
        // Said as soon as the name is complete.
        await page.locator('#f-tax_id').focus();
        await alike.waitFor();
      }
      assert.equal(await page.locator('#f-confirm').count(), 0, 'nothing to confirm yet');
      await create(page).click();
      await page.locator('#f-confirm').waitFor();
      assert.equal(new URL(await alike.getAttribute('href'), other).href, other);
      await expectKept(page, { name, email: 'ikinci@zambak.test' });
      await expectAccessible(page);
      await page.locator('label[for="f-confirm"]').click();
      assert.equal(await page.locator('#f-confirm').isChecked(), true);
      await create(page).click();
      await heading(page, name);
      assert.notEqual(page.url(), other);
      assert.equal(await (await namesakes(page, name)).count(), 2);
    }));

  test(`two people edit one company and the second sees both versions, ${how}`, () =>
    signedIn({ js }, CAST.ada, async (page) => {
      const name = `Menekşe Gıda Pazarlama ${js}`;
      const address = await added(page, { name, phone: '0412 228 00 21' });
      await page.goto(`${address}/edit`);
      await fill(page, { phone: '0412 228 00 22', tax_office: 'Yenişehir' });

      await signedIn({ js }, CAST.ofis, async (other) => {
        await other.goto(`${address}/edit`);
        await fill(other, { phone: '0412 228 00 23' });
        await create(other).click();
        await heading(other, name);
      });

      await create(page).click();
      const conflict = page.locator('#conflict:focus');
      await conflict.waitFor();
      const row = conflict.getByRole('row').filter({ hasText: '228 00 23' });
      assert.deepEqual(await row.getByRole('cell').allInnerTexts(), ['+90 412 228 00 23', '+90 412 228 00 22']);
      await expectKept(page, { name, phone: '0412 228 00 22', tax_office: 'Yenişehir' });
      await expectAccessible(page);
      if (!js) await expectConflictSaved(page, address, false);

      await create(page).click();
      await heading(page, name);
      await expectConflictSaved(page, address, true);
    }));

  test(`a double click adds one company, ${how}`, () =>
    signedIn({ js }, CAST.ada, async (page) => {
      const name = `Papatya Lojistik Depo ${js}`;
      await page.goto('/companies/new');
      await fill(page, { name });
      await create(page).dblclick();
      await heading(page, name);
      assert.equal(await (await namesakes(page, name)).count(), 1);
    }));

  test(`a company whose answer was lost is not added twice, ${how}`, () =>
    signedIn({ js, expected: [LOST] }, CAST.ada, async (page) => {
      const name = `Sümbül Nakliyat Ambar ${js}`;
      await page.goto('/companies/new');
      await fill(page, { name });
      const lost = new Promise((resolve) =>
        page.route('**/companies', async (route) => {
          const answer = await route.fetch({ maxRedirects: 0 });
          await route.abort('aborted');
          resolve(answer.headers()['hx-redirect'] ?? answer.headers().location);
        }),
      );
      await create(page).click({ noWaitAfter: true });
      const address = await lost;
      assert.match(address ?? '', /^\/companies\/[0-9a-f-]{36}$/, 'the server has added it');
      await page.unroute('**/companies');
      if (js) await page.locator('#problem:focus').waitFor();
      await expectKept(page, { name });
      await create(page).click();
      await page.locator(`#company-tabs a[href="${address}"]`).first().waitFor();
      assert.equal(new URL(page.url()).pathname, address);
      assert.equal(await (await namesakes(page, name)).count(), 1);
    }));
}

/** Which phone number is the saved one: only the second person's saving it again makes it theirs. */
async function expectConflictSaved(page, address, saved) {
  const answer = await (await page.request.get(address)).text();
  assert.equal(answer.includes('tel:+904122280022'), saved);
}

test('a lost line is told of in place, keeps what was typed and can be tried again', () =>
  signedIn({ expected: [LOST, /^net::ERR_INTERNET_DISCONNECTED for /] }, CAST.ada, async (page, context) => {
    const name = 'Leylak Orman Ürünleri';
    await page.goto('/companies/new');
    await fill(page, { name, address: 'Sanayi Sitesi\nB Blok' });
    const problem = page.locator('#problem');
    assert.equal(await problem.innerText(), '');
    await context.setOffline(true);
    await create(page).click();
    await page.locator('#problem:focus').waitFor();
    assert.equal((await problem.innerText()).trim(), await problem.getAttribute('data-offline'));
    await expectKept(page, { name, address: 'Sanayi Sitesi\nB Blok' });
    await page.locator('#company-form button[type="submit"]:enabled').waitFor();
    assert.equal(await page.locator('html[data-busy]').count(), 0);
    await expectAccessible(page);
    await context.setOffline(false);
    await create(page).click();
    await heading(page, name);
    assert.equal(await (await namesakes(page, name)).count(), 1);
    await expectValidHtml(page);
  }));

test('while a form is on its way its button is off and the bar at the top shows', () =>
  signedIn({}, CAST.ada, async (page) => {
    const name = 'Nergis Boya Kimya';
    await page.goto('/companies/new');
    await fill(page, { name });
    const busy = page.locator('.busy');
    assert.equal(await busy.isVisible(), false);
    let release = await held(page, '/companies');
    await create(page).click();
    await busy.waitFor({ state: 'visible' });
    assert.equal(await create(page).isDisabled(), true);
    await expectKept(page, { name });
    release();
    await heading(page, name);
    assert.equal(await busy.isVisible(), false);

    // A form that the browser sends by itself does the same.
    release = await held(page, '/logout');
    const noted = new Promise((resolve) => page.exposeFunction('noted', resolve));
    // Seen from within: locators wait for the page that is on its way.
    await page.evaluate(() => {
      const bar = document.querySelector('.busy');
      const look = () => {
        const off = document.querySelector('form[action="/logout"] button').disabled;
        if (off && getComputedStyle(bar).visibility === 'visible') window.noted();
        else setTimeout(look, 20);
      };
      document.addEventListener('submit', look);
    });
    await page.locator('details.menu summary').click();
    await page.locator('form[action="/logout"] button').click({ noWaitAfter: true });
    await noted;
    release();
    await page.locator('form[action="/logout"]').waitFor({ state: 'detached' });
  }));

/** Keeps what is posted to a path from leaving the browser until the function that it gives is called. */
async function held(page, path) {
  let release;
  const released = new Promise((resolve) => (release = resolve));
  await page.route(
    (url) => url.pathname === path,
    async (route) => {
      if (route.request().method() === 'POST') await released;
      await route.continue();
    },
  );
  return release;
}
