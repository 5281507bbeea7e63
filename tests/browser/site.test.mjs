// The public site as its readers meet it: every page in both languages, and the ways between them.

import assert from 'node:assert/strict';
import test from 'node:test';
import { DATABASE, expectAccessible, expectNoSidewaysScroll, expectValidHtml, withPage } from './harness.mjs';

const PAGES = ['/what-we-do', '/about', '/pricing', '/portfolio', '/contact', '/contact/thanks', '/privacy', '/cookies', '/terms', '/blog', '/blog?page=2', '/blog/search', '/no-such-page'];
const WORDS = { en: 'site', tr: 'ALAN' };

const prefix = (language) => (language === 'tr' ? '/tr' : '');

/** A post, its category, a tag and its author, as the list leads there. */
async function around(page, language) {
  const root = `${prefix(language)}/blog`;
  await page.goto(root);
  const post = await page.locator('.post-card h3 a').first().getAttribute('href');
  const found = [post];
  await page.goto(post);
  for (const kind of ['category', 'tag', 'author']) {
    const link = page.locator(`main a[href^="${root}/${kind}/"]`).first();
    if ((await link.count()) > 0) found.push(await link.getAttribute('href'));
  }
  found.push(`${root}/search?q=${WORDS[language]}`, `${root}/search?q=yokboylebirsey`);
  return found;
}

const looks = [['en', 'light', 1280], ['tr', 'dark', 320]];
if (DATABASE === 'mysql') looks.splice(1);

for (const [language, colorScheme, width] of looks) {
  test(`the public pages in ${language}, ${colorScheme}, at ${width} px`, () =>
    withPage({ locale: language, colorScheme, width }, async (page, context) => {
      const scripts = [];
      page.on('request', (request) => {
        if (request.resourceType() === 'script') scripts.push(request.url());
      });
      const pages = [...PAGES.map((path) => prefix(language) + path), ...(await around(page, language))];
      for (const path of pages) {
        const answer = await page.goto(path);
        assert.equal(answer.status(), path.endsWith('/no-such-page') ? 404 : 200, path);
        assert.equal(await page.locator('html').getAttribute('lang'), language, path);
        assert.equal(await page.locator('h1').count(), 1, path);
        await expectNoSidewaysScroll(page);
        await expectAccessible(page);
        await expectValidHtml(page);
      }
      assert.deepEqual(scripts, [], 'nothing public needs a script');
      assert.deepEqual(await context.cookies(), [], 'nothing public sets a cookie');
    }));
}

for (const [language, width, js] of [['en', 1280, true], ['tr', 360, false]]) {
  test(`a reader goes from the start to a post and on, in ${language}, ${js ? 'with' : 'without'} JavaScript`, () =>
    withPage({ locale: language, width, js }, async (page) => {
      const root = `${prefix(language)}/blog`;
      await page.goto(prefix(language) || '/');
      const menu = page.locator('details.site-menu > summary');
      if (await menu.isVisible()) await menu.click();
      await page.locator(`.site-menu a[href="${root}"]`).click();
      await page.waitForURL((url) => url.pathname === root);
      await page.locator('a[rel="next"]').click();
      await page.waitForURL((url) => url.searchParams.get('page') === '2');
      await page.locator('.post-card h3 a').first().click();
      await page.locator('article h1').waitFor();
      const contents = page.locator('.toc a').first();
      if ((await contents.count()) > 0) {
        await contents.click();
        const id = decodeURIComponent(new URL(page.url()).hash.slice(1));
        assert.equal(await page.locator(`[id="${id}"]`).count(), 1);
      }
      const first = await page.locator('article h1').innerText();
      await page.locator('main a[rel="prev"], main a[rel="next"]').first().click();
      await page.waitForFunction((before) => document.querySelector('article h1')?.innerText !== before, first).catch(() => {});
      assert.notEqual(await page.locator('article h1').innerText(), first);
      // What is typed in capitals without dots finds the word with them.
      await page.goto(`${root}/search`);
      await page.locator('#blog-q').fill(WORDS[language]);
      await page.locator('.blog-search button').click();
      await page.locator('.hits mark').first().waitFor();
      await page.goto(`${prefix(language)}/no-such-page`);
      await page.locator('#blog-q').fill(WORDS[language]);
      await page.locator('.blog-search button').click();
      await page.locator('.hits mark').first().waitFor();
    }));
}

test('a post leads to its translation and back', () =>
  withPage({}, async (page) => {
    await page.goto('/blog');
    const hrefs = await page.locator('.post-card h3 a').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
    for (const href of hrefs) {
      await page.goto(href);
      const other = page.locator('.public-tools a[hreflang="tr"]');
      const to = await other.getAttribute('href');
      if (!to.startsWith('/tr/blog/')) continue;
      await other.click();
      await page.waitForURL((url) => url.pathname === to);
      assert.equal(await page.locator('html').getAttribute('lang'), 'tr');
      assert.equal(await page.locator('.public-tools a[hreflang="en"]').getAttribute('href'), href);
      return;
    }
    assert.fail('no demo post has a translation');
  }));

for (const width of [1280, 360]) {
  test(`the picture of a post stands between its head and its text, at ${width} px`, () =>
    withPage({ width }, async (page) => {
      await page.goto('/blog');
      const links = page.locator('.post-card:has(.post-card-picture) h3 a');
      const hrefs = new Set(await links.evaluateAll((found) => found.map((link) => link.getAttribute('href'))));
      let contents = 0;
      for (const href of hrefs) {
        await page.goto(href);
        const { head, picture, toc, text, foot } = await page.evaluate(() => {
          const box = (selector) => {
            const found = document.querySelector(selector)?.getBoundingClientRect();
            return found && { top: found.top, bottom: found.bottom, left: found.left, right: found.right };
          };
          return { head: box('.post-head'), picture: box('.post-picture'), toc: box('.post .toc'), text: box('.post .prose p'), foot: box('.post-foot') };
        });
        assert.ok(head.bottom <= picture.top, `${href}: the picture is below the head`);
        assert.ok(picture.bottom <= text.top, `${href}: the picture is above the text`);
        assert.ok(text.bottom <= foot.top, `${href}: the text is above what follows it`);
        if (toc) {
          contents += 1;
          assert.ok(picture.bottom <= toc.top, `${href}: the contents begin below the picture`);
          if (width === 1280) assert.ok(text.right <= toc.left, `${href}: the contents are beside the text`);
        }
      }
      assert.ok(contents > 0, 'no demo post has a picture and contents');
    }));
}

test('a post on paper is its text alone', () =>
  withPage({}, async (page) => {
    await page.goto('/blog/seo-without-tricks');
    const around = page.locator('.public-tools, .site-menu, .breadcrumbs, .toc, .translation, .post-share, .around, .related, .public-foot');
    assert.ok((await around.count()) >= 8);
    assert.equal(await page.locator('.toc').isVisible(), true);
    const ink = () => page.locator('.prose p').first().evaluate((text) => getComputedStyle(text).color);
    const onScreen = await ink();
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    assert.equal(await ink(), onScreen, 'dark ink, whatever the screen has');
    assert.deepEqual(await around.evaluateAll((parts) => parts.filter((part) => part.checkVisibility()).map((part) => part.className)), []);
    for (const part of ['h1', '.byline', '.prose p', '.prose h2']) assert.equal(await page.locator(part).first().isVisible(), true, part);
    const { left, right, width } = await page.evaluate(() => {
      const { left, right } = document.querySelector('.prose').getBoundingClientRect();
      return { left, right, width: document.documentElement.clientWidth };
    });
    assert.deepEqual([left, right], [0, width], 'the text is as wide as the paper');
    await expectNoSidewaysScroll(page);
  }));
