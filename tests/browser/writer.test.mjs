// Whoever writes: the editor with its preview and kept texts, pictures by every way, publishing, and a page of the firm.

import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';
import { CAST, DATABASE, expectAccessible, expectNoSidewaysScroll, expectValidHtml, signIn, withPage } from './harness.mjs';

const editor = '#editor button[type="submit"].primary';

async function samplePicture() {
  const folder = path.resolve('seeds/images');
  const name = (await readdir(folder)).find((name) => /\.(jpe?g|png|webp)$/.test(name));
  return { name, path: path.join(folder, name), bytes: await readFile(path.join(folder, name)) };
}

/** A draft of this title; its address in the office. */
async function write(page, title, body = 'Bir iki söz.') {
  await page.goto('/posts/new?lang=tr');
  await page.locator('#f-title').fill(title);
  await page.locator('#f-body').fill(body);
  await page.locator(editor).click();
  await page.waitForURL((url) => /^\/posts\/[0-9a-f-]{36}$/.test(url.pathname));
  return new URL(page.url()).pathname;
}

/** What somebody without an account gets at an address. */
async function read(page, address) {
  const answer = await fetch(new URL(address, page.url()), { redirect: 'manual' });
  return { status: answer.status, location: answer.headers.get('location'), text: await answer.text() };
}

async function press(page, action) {
  await page.locator(`form[action$="${action}"] button`).first().click();
  await page.locator('.flash').first().waitFor();
}

for (const js of [true, false]) {
  test(`a post is written, shown, published, moved, taken back and deleted, ${js ? 'with' : 'without'} JavaScript`, () =>
    withPage({ js, locale: 'tr' }, async (page) => {
      const slug = `gezgin-${DATABASE}-${js}`;
      await signIn(page, CAST.ofis);
      await page.goto('/posts/new?lang=tr');
      await page.locator('#f-title').fill(`Gezgin ${DATABASE} ${js}`);
      await page.locator('#f-slug').fill(slug);
      await page.locator('#f-body').pressSequentially('## Başlık\n\n**Önemli** bir söz.');
      const preview = page.locator('button.when-plain[formaction$="/preview"]').filter({ visible: true });
      if (js) {
        assert.equal(await preview.count(), 0, 'the preview follows by itself');
      } else {
        await preview.click();
      }
      await page.locator('#preview strong', { hasText: 'Önemli' }).waitFor();
      assert.equal(await page.locator('#f-title').inputValue(), `Gezgin ${DATABASE} ${js}`);
      await expectAccessible(page);
      await page.locator(editor).click();
      await page.waitForURL((url) => /^\/posts\/[0-9a-f-]{36}$/.test(url.pathname));
      const post = new URL(page.url()).pathname;
      await expectAccessible(page);
      await expectValidHtml(page);
      assert.equal((await read(page, `/tr/blog/${slug}`)).status, 404);

      await press(page, '/publish');
      const seen = await read(page, `/tr/blog/${slug}`);
      assert.equal(seen.status, 200);
      assert.match(seen.text, /<strong>Önemli<\/strong>/);

      await page.goto(`${post}/edit`);
      await page.locator('#f-slug').fill(`${slug}-2`);
      await page.locator(editor).click();
      await page.waitForURL((url) => url.pathname === post);
      const moved = await read(page, `/tr/blog/${slug}`);
      assert.deepEqual([moved.status, moved.location], [301, `/tr/blog/${slug}-2`]);

      await page.goto(`${post}/revisions`);
      await page.locator('a[href*="/compare"]').first().click();
      await page.locator('ins, del').first().waitFor();
      await page.goto(post);
      await press(page, '/unpublish');
      assert.equal((await read(page, `/tr/blog/${slug}-2`)).status, 404);
      await press(page, '/publish');

      await page.locator('a[href$="/trash"].danger').click();
      await page.locator(js ? 'dialog[open] form button' : '.confirm form button').first().click();
      await page.waitForURL((url) => url.pathname === '/posts');
      assert.equal((await read(page, `/tr/blog/${slug}-2`)).status, 410);
      await page.locator('form[action$="/restore"] button').first().click();
      await page.waitForURL((url) => url.pathname === post);
      assert.equal((await read(page, `/tr/blog/${slug}-2`)).status, 200);
    }));
}

test('what was typed and not saved is kept, offered and never written over', () =>
  withPage({}, async (page) => {
    await signIn(page, CAST.ofis);
    const post = await write(page, `Yarım ${DATABASE}`);
    await page.goto(`${post}/edit`);
    await page.locator('#f-body').press('End');
    await page.locator('#f-body').pressSequentially(' Daha fazlası.');
    await page.locator('#kept time').waitFor();
    await page.goto(`${post}/edit`);
    await page.locator('.unsaved').waitFor();
    // Typing before deciding loses nothing of what was kept, nor of what is typed.
    await page.locator('#f-body').pressSequentially('Sonradan.');
    await page.locator('#kept time').waitFor();
    await page.locator('.unsaved a').click();
    await page.waitForURL((url) => url.searchParams.has('unsaved'));
    assert.match(await page.locator('#f-body').inputValue(), /Daha fazlası\./);
    await page.locator(editor).click();
    await page.waitForURL((url) => url.pathname === post);
    // What the saved text did not go on from is offered still.
    await page.goto(`${post}/edit`);
    assert.equal(await page.locator('.unsaved').count(), 1);
    await expectAccessible(page);
    await page.locator('.unsaved a').click();
    await page.waitForURL((url) => url.searchParams.has('unsaved'));
    assert.match(await page.locator('#f-body').inputValue(), /Sonradan\./);
  }));

test('an answer that was lost ends the keeping of nothing', () =>
  withPage({ expected: [/ERR_FAILED/, /Failed to fetch/, /htmx/i] }, async (page) => {
    await signIn(page, CAST.ofis);
    const post = await write(page, `Kayıp ${DATABASE}`);
    await page.goto(`${post}/edit`);
    let lost = 0;
    await page.route('**/autosave', async (route) => {
      if (lost > 0) return route.continue();
      // It is kept there, and nobody here hears of it.
      await route.fetch();
      lost += 1;
      return route.abort();
    });
    await page.locator('#f-body').press('End');
    await page.locator('#f-body').pressSequentially(' Bir.');
    while (lost === 0) await page.waitForTimeout(100);
    await page.locator('#f-body').pressSequentially(' İki.');
    await page.locator('#kept time').waitFor();
    await page.goto(`${post}/edit`);
    assert.equal(await page.locator('.unsaved').count(), 1);
    await page.locator('.unsaved a').click();
    await page.waitForURL((url) => url.searchParams.has('unsaved'));
    assert.match(await page.locator('#f-body').inputValue(), /Bir\. İki\./);
  }));

test('Enter in the title saves, whichever buttons come before', () =>
  withPage({}, async (page) => {
    await signIn(page, CAST.ofis);
    await page.goto('/posts/new?lang=tr');
    await page.locator('#f-body').fill('Söz.');
    await page.locator('#f-title').fill(`Enter ${DATABASE}`);
    await page.locator('#f-title').press('Enter');
    await page.waitForURL((url) => /^\/posts\/[0-9a-f-]{36}$/.test(url.pathname));
  }));

test('a picture that is on its way arrives in the text although its language was changed', () =>
  withPage({ locale: 'tr' }, async (page) => {
    const picture = await samplePicture();
    await signIn(page, CAST.ofis);
    await page.goto('/posts/new?lang=tr');
    await page.locator('#f-title').fill(`Yolda ${DATABASE}`);
    let answer;
    const swapped = new Promise((resolve) => (answer = resolve));
    await page.route('**/images', async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      await swapped;
      return route.continue();
    });
    await page.locator('#f-body-images').setInputFiles(picture.path);
    await page.waitForFunction(() => document.querySelector('#f-body').value.includes(']()'));
    const old = await page.locator('#f-body').elementHandle();
    await page.locator('#f-lang').selectOption('en');
    await page.waitForFunction((old) => !old.isConnected, old);
    assert.match(await page.locator('#f-body').inputValue(), /\]\(\)/);
    await page.locator(editor).click();
    answer();
    await page.waitForFunction(() => document.querySelector('#f-body').value.includes('](/media/'));
    assert.equal(new URL(page.url()).pathname, '/posts/new', 'the mark was not saved');
    assert.doesNotMatch(await page.locator('#f-body').inputValue(), /\]\(\)/);
  }));

test('a cover is dropped and pasted onto its field, and kept with what is typed', () =>
  withPage({ locale: 'tr' }, async (page) => {
    const picture = await samplePicture();
    await signIn(page, CAST.ofis);
    const post = await write(page, `Bırakılan ${DATABASE}`);
    for (const kind of ['drop', 'paste']) {
      await page.goto(`${post}/edit`);
      const field = page.locator('[data-image-field="cover"]');
      assert.equal(await field.locator('input[type="radio"][value=""]').isChecked(), true);
      await field.evaluate(
        (field, { kind, base64, name }) => {
          const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
          const data = new DataTransfer();
          data.items.add(new File([bytes], name, { type: name.endsWith('png') ? 'image/png' : 'image/jpeg' }));
          const event =
            kind === 'drop'
              ? new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: data })
              : new ClipboardEvent('paste', { bubbles: true, cancelable: true, clipboardData: data });
          field.querySelector('input[type="search"]').dispatchEvent(event);
        },
        { kind, base64: picture.bytes.toString('base64'), name: picture.name },
      );
      await page.waitForFunction(() => document.querySelector('[data-image-field="cover"] input[type="radio"]:checked')?.value);
      await page.locator('#kept time').waitFor();
    }
  }));

test('a line that is down takes nobody out of the text', () =>
  withPage({ expected: [/ERR_INTERNET_DISCONNECTED/, /Failed to fetch/, /htmx/i] }, async (page, context) => {
    await signIn(page, CAST.ofis);
    const post = await write(page, `Hatsız ${DATABASE}`);
    await page.goto(`${post}/edit`);
    await page.locator('#preview strong, #preview p').first().waitFor();
    await context.setOffline(true);
    await page.locator('#f-body').pressSequentially(' Bir');
    await page.locator('#problem .problem').waitFor();
    await page.locator('#f-body').evaluate((area) => area === document.activeElement).then((is) => assert.equal(is, true));
    await page.keyboard.type(' iki');
    assert.match(await page.locator('#f-body').inputValue(), /Bir iki/);
    await context.setOffline(false);
    await page.keyboard.type(' üç');
    await page.locator('#problem .problem').waitFor({ state: 'detached' });
  }));

test('two windows of one post lose nothing of each other', () =>
  withPage({}, async (page, context) => {
    await signIn(page, CAST.ofis);
    const post = await write(page, `Çift ${DATABASE}`);
    await page.goto(`${post}/edit`);
    const other = await context.newPage();
    await other.goto(`${post}/edit`);
    await other.locator('#f-tags').fill('öbürü');
    await other.locator(editor).click();
    await other.waitForURL((url) => url.pathname === post);
    await page.locator('#f-body').fill('Benim metnim.');
    await page.locator(editor).click();
    await page.locator('#conflict').waitFor();
    assert.match(await page.locator('#conflict').innerText(), /öbürü/);
    assert.equal(await page.locator('#f-body').inputValue(), 'Benim metnim.');
    await expectAccessible(page);
    await page.locator(editor).click();
    await page.waitForURL((url) => url.pathname === post);
  }));

test('pictures come into a text by picking, dropping and pasting, and readers get all sizes', () =>
  withPage({ locale: 'tr' }, async (page) => {
    const picture = await samplePicture();
    await signIn(page, CAST.ofis);
    const post = await write(page, `Resimli ${DATABASE}`, 'Önce söz.');
    await page.goto(`${post}/edit`);
    const body = page.locator('#f-body');
    const count = async () => ((await body.inputValue()).match(/!\[[^\]]*\]\(\/media\//g) ?? []).length;
    const arrives = (many) =>
      page.waitForFunction((many) => (document.querySelector('#f-body').value.match(/!\[[^\]]*\]\(\/media\//g) ?? []).length === many, many);
    await page.locator('#f-body-images').setInputFiles(picture.path);
    await arrives(1);
    for (const [kind, many] of [['drop', 2], ['paste', 3]]) {
      await body.evaluate(
        (area, { kind, base64, name }) => {
          const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
          const data = new DataTransfer();
          data.items.add(new File([bytes], name, { type: name.endsWith('png') ? 'image/png' : 'image/jpeg' }));
          area.setSelectionRange(area.value.length, area.value.length);
          const event =
            kind === 'drop'
              ? new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: data })
              : new ClipboardEvent('paste', { bubbles: true, cancelable: true, clipboardData: data });
          area.dispatchEvent(event);
        },
        { kind, base64: picture.bytes.toString('base64'), name: picture.name },
      );
      await arrives(many);
    }
    // What is no picture is said, and nothing of the text is lost.
    await page.locator('#f-body-images').setInputFiles({ name: 'not.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
    await page.waitForFunction(() => /\S/.test(document.querySelector('[data-images-for="f-body"] .image-status').textContent));
    await page.waitForFunction(() => !document.querySelector('#f-body').value.includes(']()'));
    assert.equal(await count(), 3);
    // Without words a picture is not saved.
    const text = (await body.inputValue()).replaceAll(/!\[[^\]]*\]\(/g, '![](');
    await body.fill(text);
    await page.locator(editor).click();
    await page.locator('#error-summary').waitFor();
    await body.fill(text.replaceAll('![](', '![Bir masa]('));
    await page.locator('#preview img').first().waitFor();
    await page.locator(editor).click();
    await page.waitForURL((url) => url.pathname === post);
    await page.locator('form[action$="/publish"] button').click();
    await page.locator('.flash').first().waitFor();
    const slug = await page.locator('.facts code').innerText();
    for (let tries = 0; ; tries += 1) {
      const { text } = await read(page, `/tr/blog/${slug}`);
      const shown = text.match(/<img [^>]*loading="lazy"[^>]*>/g) ?? [];
      if (shown.length === 3 && /<source [^>]*srcset=/.test(text)) {
        for (const image of shown) assert.match(image, /width="\d+" height="\d+"/);
        break;
      }
      assert.ok(tries < 100, text.slice(text.indexOf('<article'), text.indexOf('<article') + 2000));
      await page.waitForTimeout(200);
    }
  }));

test('without JavaScript a picture is uploaded, described and chosen as a cover', () =>
  withPage({ js: false, locale: 'tr' }, async (page) => {
    const picture = await samplePicture();
    await signIn(page, CAST.ofis);
    await page.goto('/images');
    await page.locator('details.image-upload > summary').click().catch(() => {});
    await page.locator('#f-file').setInputFiles(picture.path);
    await page.locator('details.image-upload form button[type="submit"]').click();
    await page.locator('.flash, .image-describe').first().waitFor();
    const post = await write(page, `Kapaklı ${DATABASE}`);
    await page.goto(`${post}/edit`);
    const name = await page.locator('[data-image-field="cover"] .image-choice span').nth(1).innerText();
    await page.locator('#f-cover-q').fill('böylesi yok');
    await page.locator('[data-image-field="cover"] button').click();
    assert.equal(await page.locator('[data-image-field="cover"] input[type="radio"]').count(), 1);
    await page.locator('#f-cover-q').fill(name);
    await page.locator('[data-image-field="cover"] button').click();
    await page.locator('[data-image-field="cover"] input[type="radio"]').nth(1).check();
    await page.locator('#f-cover_alt').fill('Bir masa');
    await page.locator(editor).click();
    await page.waitForURL((url) => url.pathname === post);
    await page.goto(`${post}/edit`);
    assert.equal(await page.locator('[data-image-field="cover"] input[type="radio"]').first().isChecked(), false);
  }));

test('several posts are chosen, asked about and deleted', () =>
  withPage({ locale: 'tr' }, async (page) => {
    await signIn(page, CAST.ofis);
    const titles = [`Toplu bir ${DATABASE}`, `Toplu iki ${DATABASE}`];
    for (const title of titles) await write(page, title);
    await page.goto('/posts');
    for (const title of titles) await page.locator('#list tr').filter({ hasText: title }).locator('input[type="checkbox"]').check();
    await page.locator('button[name="what"][value="trash"]').click();
    await page.locator('.confirm li').first().waitFor();
    await expectAccessible(page);
    await page.locator('.confirm button').click();
    await page.waitForURL((url) => url.pathname === '/posts');
    assert.equal(await page.locator('#list tr').filter({ hasText: titles[0] }).count(), 0);
  }));

test('a draft is read by its signed link, until the link is void', () =>
  withPage({ locale: 'tr' }, async (page) => {
    await signIn(page, CAST.ofis);
    const post = await write(page, `Gizli ${DATABASE}`, 'Yalnız bağlantıyla.');
    await page.goto(`${post}/preview-link`);
    await page.locator('main form[method="post"] button').first().click();
    const link = await page.locator('main input[readonly], main code, main a[href*="/preview/"]').first().evaluate((found) => found.value || found.href || found.textContent);
    const { status, text } = await read(page, new URL(link).pathname);
    assert.equal(status, 200);
    assert.match(text, /Yalnız bağlantıyla\./);
    assert.match(text, /noindex/);
  }));

test('the office writes a page of the firm, readers see it at once, and its first text comes back', () =>
  withPage({ locale: 'tr' }, async (page) => {
    await signIn(page, CAST.ada);
    await page.goto('/site-pages');
    await expectAccessible(page);
    await page.locator('a[href="/site-pages/about-tr"]').click();
    const before = await page.locator('#f-title').inputValue();
    await page.locator('#f-title').fill(`Biz ${DATABASE}`);
    await page.locator('#preview h2', { hasText: `Biz ${DATABASE}` }).waitFor();
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
    await page.locator(editor).click();
    await page.locator('.flash').first().waitFor();
    assert.match((await read(page, '/tr/about')).text, new RegExp(`Biz ${DATABASE}`));
    await page.goto('/site-pages/about-tr/revisions/0');
    await page.locator('form[action$="/restore"] button').click();
    await page.locator('.flash').first().waitFor();
    assert.ok((await read(page, '/tr/about')).text.includes(before));
  }));
