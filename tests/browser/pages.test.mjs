// Every page of the office, in both languages, light and dark, on a phone and on a wide screen.

import assert from 'node:assert/strict';
import test from 'node:test';
import { CAST, DATABASE, expectAccessible, expectNoSidewaysScroll, expectValidHtml, signIn, withPage } from './harness.mjs';

/** The addresses of the office's pages, by a short name; `company` is the address of one with contacts, notes and activities. */
async function addresses(page, company) {
  const found = {
    dashboard: '/dashboard',
    companies: '/companies',
    filtered: '/companies?status=customer&danger_class=dangerous&sort=-name',
    nothing: '/companies?q=nobody+is+called+this',
    new: '/companies/new',
    overview: company,
    contacts: `${company}/contacts`,
    notes: `${company}/notes`,
    activities: `${company}/activities`,
    mails: `${company}/mails`,
    history: `${company}/history`,
    edit: `${company}/edit`,
    confirm: `${company}/trash`,
    subscriptions: `${company}/services`,
    subscribe: `${company}/services/new`,
    services: '/services',
    renewing: '/services?cycle=recurring&currency=TRY&sort=company',
    agenda: '/activities',
    done: '/activities?due=done',
    trash: '/trash',
    outbox: '/outbox',
    help: '/help',
    missing: '/companies/nothing-here',
  };
  for (const [name, tab] of [['contact', 'contacts'], ['note', 'notes'], ['activity', 'activities']]) {
    await page.goto(found[tab]);
    found[name] = await page.locator('#panel a[href$="/edit"]').first().getAttribute('href');
  }
  await page.goto(found.subscriptions);
  found.service = await page.locator('#panel th.primary a[href^="/services/"]').first().getAttribute('href');
  found.change = `${found.service}/edit`;
  return found;
}

async function findCompany(page, name = 'Acme') {
  await page.goto(`/companies?q=${name}`);
  return page.locator('#list th.primary a').first().getAttribute('href');
}

/** Signs in with the page in `language` and gives the account its own language back at the end. */
async function inLanguage(page, language, email, fn) {
  await signIn(page, email);
  const before = await switchTo(page, language);
  try {
    await fn();
  } finally {
    await page.goto('/help');
    await switchTo(page, before);
  }
}

async function switchTo(page, language) {
  const html = page.locator('html');
  const before = await html.getAttribute('lang');
  if (before === language) return before;
  await page.locator('button[name="locale"]').click();
  await page.locator(`html[lang="${language}"]`).waitFor({ state: 'attached' });
  return before;
}

async function expectGood(page, width, disabled = []) {
  assert.equal(await page.locator('h1').count(), 1, `one heading on ${page.url()}`);
  await expectNoSidewaysScroll(page);
  // On a phone the bar with the places sticks to the bottom, and what was not scrolled up yet lies under it: axe takes that for
  // controls that are too small. In a window as high as the page it covers nothing.
  if (width < 640) await page.setViewportSize({ width, height: await page.evaluate('document.documentElement.scrollHeight') });
  await expectAccessible(page, { disabled });
  if (width < 640) await page.setViewportSize({ width, height: 800 });
}

const OFFICE = ['dashboard', 'companies', 'filtered', 'nothing', 'services', 'renewing', 'agenda', 'done', 'trash', 'outbox', 'help', 'missing'];
const COMPANY = ['overview', 'contacts', 'notes', 'subscriptions', 'activities', 'mails', 'history', 'confirm', 'service'];
const FORMS = ['new', 'edit', 'contact', 'note', 'activity', 'subscribe', 'change'];

// Not every combination: two in full, and what differs most by language, colour and width in the other two.
const passes = [
  { what: 'the office', names: OFFICE, language: 'en', colorScheme: 'light', width: 1280 },
  { what: 'a company', names: [...COMPANY, ...FORMS], language: 'en', colorScheme: 'light', width: 1280 },
  { what: 'the office', names: OFFICE, language: 'tr', colorScheme: 'dark', width: 320 },
  { what: 'a company', names: [...COMPANY, ...FORMS], language: 'tr', colorScheme: 'dark', width: 320 },
  { what: 'forms', names: FORMS, language: 'en', colorScheme: 'dark', width: 320 },
  { what: 'wide pages', names: ['dashboard', 'filtered', 'overview', 'edit'], language: 'tr', colorScheme: 'light', width: 1280 },
];

// What a page looks like does not depend on the database: on the second one each page once.
if (DATABASE === 'mysql') passes.splice(2);

for (const { what, names, language, colorScheme, width } of passes) {
  test(`${what} in ${language}, ${colorScheme}, at ${width} px`, () =>
    withPage({ locale: language, colorScheme, width }, (page) =>
      inLanguage(page, language, CAST.ofis, async () => {
        const pages = await addresses(page, await findCompany(page));
        for (const name of names) {
          await page.goto(pages[name]);
          assert.equal(await page.locator('html').getAttribute('lang'), language, pages[name]);
          await expectGood(page, width);
          await expectValidHtml(page);
        }
      }),
    ));
}

/** What belongs to whoever is signed in, and what administrators see. */
const OWN = ['/account', '/account/email', '/account/password', '/account/second-factor', '/account/sessions'];
const ADMIN = ['/users', '/users/new', '/permissions', '/second-factor', '/audit', '/audit?kind=companies', '/cache', '/jobs'];
/** What the office writes for readers. */
const SITE = ['/posts', '/posts?q=yokboyle', '/posts/new', '/posts/trash', '/posts/import', '/posts/categories', '/posts/tags', '/images', '/messages', '/site-pages', '/site-pages/about-tr', '/site-pages/about-tr/revisions', '/site-pages/about-tr/revisions/0'];

for (const [language, colorScheme, width] of [['en', 'light', 1280], ['tr', 'dark', 320]]) {
  test(`the account and the administrators' pages in ${language}, ${colorScheme}, at ${width} px`, () =>
    withPage({ locale: language, colorScheme, width }, (page) =>
      inLanguage(page, language, CAST.ada, async () => {
        await page.goto('/users');
        const person = await page.locator('#list th.primary a').first().getAttribute('href');
        await page.goto('/audit');
        const entry = await page.locator('main a[href^="/audit/"]').first().getAttribute('href');
        await page.goto('/posts');
        const post = await page.locator('#list th.primary a').first().getAttribute('href');
        const posts = ['', '/edit', '/revisions', '/preview-link', '/trash'].map((rest) => post + rest);
        await page.goto('/images');
        const image = await page.locator('#list a[href^="/images/"]').first().getAttribute('href');
        for (const address of [...OWN, ...ADMIN, ...SITE, ...posts, image, person, `${person}/edit`, entry]) {
          await page.goto(address);
          await expectGood(page, width);
          await expectValidHtml(page);
        }
      }),
    ));

  test(`the ways back in, in ${language}, ${colorScheme}, at ${width} px`, () =>
    withPage({ locale: language, colorScheme, width }, async (page) => {
      for (const address of ['/forgot', `/reset/${'x'.repeat(43)}`, `/invite/${'x'.repeat(43)}`, `/account/address/${'x'.repeat(43)}`]) {
        await page.goto(address);
        await expectGood(page, width);
        await expectValidHtml(page);
      }
    }));

  test(`sign-in and what is refused in ${language}, ${colorScheme}, at ${width} px`, () =>
    withPage({ locale: language, colorScheme, width }, async (page) => {
      await page.goto('/login');
      assert.equal(await page.locator('html').getAttribute('lang'), language);
      await expectGood(page, width);
      await expectValidHtml(page);
      await page.locator('#session-form button').click();
      await page.locator('#error-summary').waitFor();
      await expectGood(page, width);
      await inLanguage(page, language, CAST.esra, async () => {
        const answer = await page.goto('/companies/new');
        assert.equal(answer.status(), 403);
        await expectGood(page, width);
        await expectValidHtml(page);
      });
    }));
}

test('what is shown after a click: the help, the confirm step, a menu and an open form', () =>
  withPage({ colorScheme: 'dark' }, async (page) => {
    await signIn(page, CAST.ofis);
    const company = await findCompany(page);
    // Where nothing lies under the open menu: what it covers is not to be touched.
    await page.goto('/help');
    await page.locator('details.menu > summary').click();
    await expectGood(page, 1280);
    await page.locator('details.menu a[href="/help"]').click();
    await page.locator('dialog[open] .keys').waitFor();
    await expectAccessible(page);
    await page.goto(company);
    await page.locator('.record-actions a[href$="/trash"]').click();
    await page.locator('dialog[open] form').waitFor();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await page.goto(`${company}/activities`);
    await page.locator('details.add > summary').click();
    await expectGood(page, 1280);
  }));

test('a form with mistakes on a phone', () =>
  withPage({ colorScheme: 'dark', width: 320 }, async (page) => {
    await signIn(page, CAST.ofis);
    await page.goto('/companies/new');
    await page.locator('main form[method="post"] button[type="submit"]').first().click();
    await page.locator('#error-summary').waitFor();
    await expectGood(page, 320);
  }));

test('each bar of the chart is a link with a month and a count for a name', () =>
  withPage({}, async (page, context) => {
    await signIn(page, CAST.ofis);
    const devtools = await context.newCDPSession(page);
    const { nodes } = await devtools.send('Accessibility.getFullAXTree');
    const bars = nodes.filter(({ role, name }) => role?.value === 'link' && /^[A-Z][a-z]{2} \d{4}: \d+ compan(y|ies)$/.test(name?.value));
    assert.equal(bars.length, 12);
  }));

test('with the colours of the system', () =>
  withPage({ forcedColors: 'active', colorScheme: 'dark' }, async (page) => {
    await signIn(page, CAST.ofis);
    for (const address of ['/dashboard', '/companies?status=lead']) {
      await page.goto(address);
      // axe computes contrast from the colours of the style sheet, which the system's have replaced.
      await expectGood(page, 1280, ['color-contrast']);
      // What is only painted must not vanish in the background.
      const bare = await page.evaluate(() => {
        const background = getComputedStyle(document.body).backgroundColor;
        return [...document.querySelectorAll('.share-part, .chart-bar')].filter((bar) => getComputedStyle(bar).fill === background).length;
      });
      assert.equal(bare, 0, 'bars in the colour of the page');
    }
  }));

test('a company on paper is the record alone', () =>
  withPage({}, async (page) => {
    await signIn(page, CAST.ofis);
    await page.goto(await findCompany(page));
    const frame = page.locator('.topbar, .rail, .tabs, .record-actions');
    assert.equal(await frame.first().isVisible(), true);
    await page.emulateMedia({ media: 'print' });
    assert.deepEqual(await frame.evaluateAll((parts) => parts.filter((part) => part.checkVisibility()).map((part) => part.className)), []);
    assert.equal(await page.locator('h1').isVisible(), true);
    assert.equal(await page.locator('main').evaluate((main) => Math.round(main.getBoundingClientRect().left)), 0);
    await expectNoSidewaysScroll(page);
  }));

test('at 200 % nothing scrolls sideways', () =>
  withPage({ width: 640, height: 400 }, async (page, context) => {
    const devtools = await context.newCDPSession(page);
    await devtools.send('Emulation.setDeviceMetricsOverride', { width: 640, height: 400, deviceScaleFactor: 2, mobile: false });
    await signIn(page, CAST.ofis);
    assert.equal(await page.evaluate('devicePixelRatio'), 2);
    for (const address of Object.values(await addresses(page, await findCompany(page)))) {
      await page.goto(address);
      await expectNoSidewaysScroll(page);
    }
  }));
