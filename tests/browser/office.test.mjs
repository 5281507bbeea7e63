// A day at the office, in each language, on a phone and on a wide screen, with JavaScript and without.

import assert from 'node:assert/strict';
import test from 'node:test';
import { CAST, DATABASE, expectNoSidewaysScroll, signIn, withPage } from './harness.mjs';
import { DIYARBAKIR, fill, find, flash, goTo, inPlace, listed, open, signOut, texts } from './steps.mjs';

for (const language of ['en', 'tr']) {
  for (const width of [360, 1280]) {
    for (const js of [true, false]) {
      // On the second database each pair of these once: what differs there is below the pages.
      if (DATABASE === 'mysql' && ((language === 'en') !== (width === 360)) !== js) continue;
      const name = `${language}, ${width} px, ${js ? 'htmx' : 'no JavaScript'}`;
      test(`the office looks after a company: ${name}`, () =>
        withPage({ js, width, locale: language }, (page) => journey(page, { js, language, mark: name })));
    }
  }
}

async function journey(page, { js, language, mark }) {
  const t = texts(language);
  assert.equal(t('nav-companies'), { en: 'Companies', tr: 'Firmalar' }[language]);
  await page.goto('/login');
  assert.equal(await page.locator('html').getAttribute('lang'), language);
  await signIn(page, CAST.ofis);
  await page.getByRole('heading', { level: 1, name: t('nav-dashboard') }).waitFor();
  await expectNoSidewaysScroll(page);
  await figuresLeadToTheirRows(page);

  await goTo(page, 'companies');
  await find(page, js, 'diyarbakir');
  assert.deepEqual(await listed(page), { names: [DIYARBAKIR], total: 1 });
  await expectNoSidewaysScroll(page);
  const company = await open(page, DIYARBAKIR);
  await expectNoSidewaysScroll(page);

  const contact = `Şükrü “Işık” Ğöçer & <b>Oğlu</b> ${mark}`;
  await add(page, js, company, 'contacts', { name: contact, title: 'Müdür', phone: '0532 123 45 67', email: 'sukru@ornek.test' }, t('flash-contacts-created', { name: contact }));
  const person = page.locator('#panel tbody tr').filter({ hasText: contact });
  assert.equal(await person.count(), 1);
  assert.equal(await person.locator('a[href="tel:+905321234567"]').innerText(), '+90 532 123 45 67');
  const note = `Görüşüldü: ${mark}\n2 < 3 & “İstanbul”`;
  await add(page, js, company, 'notes', { body: note, pinned: true }, t('flash-notes-created'));
  assert.equal(await page.locator('#panel .note.pinned .note-body').filter({ hasText: mark }).innerText(), note);
  const due = day(1);
  const title = `Ara: ${mark}`;
  await add(page, js, company, 'activities', { kind: 'call', title, due_on: due, body: 'Teklif' }, t('flash-activities-created', { name: title }));
  const activity = page.locator('#panel li').filter({ hasText: mark });
  assert.equal(await activity.locator('time').first().getAttribute('datetime'), due);
  assert.equal(await activity.getByText(t('activity-kind-call'), { exact: true }).isVisible(), true);
  await expectNoSidewaysScroll(page);
  // It is on the office's own list too.
  await page.goto('/activities?due=week');
  assert.equal(await page.locator('#list th.primary').filter({ hasText: mark }).count(), 1);
  await expectNoSidewaysScroll(page);

  await page.goto(company);
  await page.locator('.note-body').filter({ hasText: mark }).waitFor();
  await page.locator('.record-actions').getByRole('link', { name: t('action-edit') }).click();
  await page.waitForURL(`**${company}/edit`);
  await expectNoSidewaysScroll(page);
  const address = `Kayapınar ${mark}`;
  await fill(page, { address, phone: '0412 228 00 00', source: 'fair' });
  await page.locator('#company-form button[type="submit"]').click();
  await page.waitForURL(`**${company}`);
  await flash(page, t('flash-companies-updated', { name: DIYARBAKIR }));
  assert.equal(await fact(page, t('company-address')), address);
  assert.equal(await fact(page, t('company-phone')), '+90 412 228 00 00');
  assert.equal(await fact(page, t('company-source')), t('company-source-fair'));

  await changeStatus(page, js, t);

  await moveToTrash(page, js, company, t);
  await page.locator('#flash form button').click();
  await page.waitForURL(`**${company}`);
  await flash(page, t('flash-companies-restored', { name: DIYARBAKIR }));
  assert.equal(await page.locator('.note-body').filter({ hasText: mark }).isVisible(), true);

  await moveToTrash(page, js, company, t);
  await page.goto(company);
  assert.equal(await page.locator('.error-status').innerText(), '404');
  await page.goto('/companies');
  await goTo(page, 'trash');
  await expectNoSidewaysScroll(page);
  const trashed = page.locator('#list tr').filter({ hasText: DIYARBAKIR });
  await trashed.locator('form button').click();
  await page.waitForURL(`**${company}`);
  await flash(page, t('flash-companies-restored', { name: DIYARBAKIR }));
  await page.goto(`${company}/contacts`);
  assert.equal(await person.count(), 1, 'what hangs on the company comes back with it');
  await goTo(page, 'trash');
  assert.equal(await trashed.count(), 0);

  await signOut(page);
  await page.goto(company);
  assert.equal(new URL(page.url()).pathname, '/login');
  assert.equal(await page.getByText(DIYARBAKIR).count(), 0);
}

/** Each status on the dashboard says how many companies its link lists, and so does the newest month. */
async function figuresLeadToTheirRows(page) {
  const figures = page.locator('.shares td.num a');
  const counts = (await figures.allInnerTexts()).map(Number);
  assert.equal(counts.length, 5);
  const sum = counts.reduce((sum, count) => sum + count, 0);
  assert.ok(sum >= 60, `${sum} companies`);
  const total = await page.locator('.dashboard-statuses .section-head a').innerText();
  assert.match(total, new RegExp(`\\b${sum}\\b`));

  const months = page.locator('.dashboard-months .chart svg a');
  assert.equal(await months.count(), 12);
  const month = Number(await months.last().locator('.chart-value').textContent());
  assert.ok(month > 0);
  const overdue = page.locator('.dashboard-overdue');
  const late = Number((await overdue.locator('.section-head a').innerText()).match(/\d+/)[0]);
  assert.ok(late > 0);
  assert.equal(await overdue.locator('.agenda li').count(), Math.min(late, 5));

  for (const [link, count] of [[figures.first(), counts[0]], [months.last(), month], [overdue.locator('.section-head a'), late]]) {
    const href = await link.getAttribute('href');
    await page.goto(href);
    assert.equal((await listed(page)).total, count, `rows of ${href}`);
    await page.goto('/dashboard');
  }
}

/** Adds a row on one of the company's tabs. */
async function add(page, js, company, tab, fields, said) {
  await page.locator(`.tabs a[href="${company}/${tab}"]`).click();
  await page.waitForURL(`**${company}/${tab}`);
  await inPlace(page, js, async () => {
    await page.locator('details.add > summary').click();
    await expectNoSidewaysScroll(page);
    await fill(page, fields);
    await page.locator('details.add button[type="submit"]').click();
    await flash(page, said);
    await page.locator('details.add:not([open])').waitFor();
  });
}

async function changeStatus(page, js, t) {
  const badge = page.locator('#company-status > summary .badge');
  const before = await badge.innerText();
  const [to] = ['negotiation', 'prospect'].filter((status) => t(`company-status-${status}`) !== before);
  await inPlace(page, js, async () => {
    await page.locator('#company-status > summary').click();
    await page.locator('#company-status select').selectOption(to);
    await page.locator('#company-status button').click();
    await badge.filter({ hasText: t(`company-status-${to}`) }).waitFor();
    await flash(page, t('flash-companies-status', { name: DIYARBAKIR }));
  });
  await page.reload();
  assert.equal(await badge.innerText(), t(`company-status-${to}`));
  const change = page.locator('.timeline li').first();
  assert.ok((await change.locator('del').textContent()).includes(before), 'the history says what it was');
}

/** Moves the company that is shown to the trash, by its confirm step. */
async function moveToTrash(page, js, company, t) {
  await page.locator(`.record-actions a[href="${company}/trash"]`).click();
  const confirm = page.locator(js ? '#dialog[open] .confirm' : '.confirm-page .confirm');
  await confirm.waitFor();
  assert.ok((await confirm.innerText()).includes(t('trash-confirm-title', { name: DIYARBAKIR })));
  await expectNoSidewaysScroll(page);
  // So far nothing has happened.
  assert.equal((await page.request.get(company)).status(), 200);
  await confirm.locator('button[type="submit"]').click();
  await page.waitForURL((url) => url.pathname === '/companies');
  await flash(page, t('flash-companies-trashed', { name: DIYARBAKIR }));
  await expectNoSidewaysScroll(page);
  assert.equal((await page.request.get(company)).status(), 404);
}

async function fact(page, label) {
  const fact = page.locator('.facts > div').filter({ has: page.locator('dt').getByText(label, { exact: true }) });
  return (await fact.locator('dd').innerText()).trim();
}

/** That many days from now on the office's calendar. */
function day(ahead) {
  return new Date(Date.now() + ahead * 86_400_000).toLocaleDateString('sv-SE', { timeZone: 'Europe/Istanbul' });
}
