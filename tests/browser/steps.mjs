// What people do in the office, as steps that several tests take.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

export const DIYARBAKIR = 'Diyarbakır Ortak Sağlık Güvenlik Birimi Ltd. Şti.';

/** The texts of a language that stand on one line; each `{ $name }` in them is given. */
export function texts(language) {
  const folder = path.resolve('views/locales', language);
  const source = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'utf8')).join('\n');
  const found = new Map([...source.matchAll(/^([a-z][\w-]*) = (.+)$/gm)].map(([, key, text]) => [key, text.trim()]));
  return (key, values = {}) => {
    const text = found.get(key) ?? assert.fail(`${language} has no text ${key}`);
    return text.replace(/\{ \$(\w+) \}/g, (_, name) => values[name] ?? assert.fail(`${key} needs ${name}`));
  };
}

/** The list that is shown now: its names, and how many there are on all pages. */
export async function listed(page) {
  const names = await page.locator('#list tbody th.primary').allInnerTexts();
  const range = page.locator('#list .pagination-range');
  const numbers = (await range.count()) === 0 ? [0] : (await range.innerText()).match(/\d+/g).map(Number);
  return { names: names.map((name) => name.trim()), total: Math.max(...numbers) };
}

/** Opens a place of the rail. */
export async function goTo(page, place) {
  await page.locator(`.rail a[href="/${place}"]`).click();
  await page.waitForURL((url) => url.pathname === `/${place}`);
}

/** The company list for what is typed into its search field. */
export async function find(page, js, typed) {
  await page.locator('#f-q').pressSequentially(typed);
  if (!js) await page.locator('#filters button').click();
  await page.waitForURL((url) => url.searchParams.get('q') === typed);
  await page.locator('#list .chip').filter({ hasText: typed }).waitFor();
}

/** The company's page; its path. */
export async function open(page, name) {
  await page.locator('#list th.primary').getByRole('link', { name, exact: true }).click();
  await page.locator('h1').filter({ hasText: name }).waitFor();
  return new URL(page.url()).pathname;
}

/** Fills fields by the name that they are sent under. */
export async function fill(page, fields) {
  for (const [name, value] of Object.entries(fields)) {
    const field = page.locator(`main form.form [name="${name}"]:not([type="hidden"])`);
    if (typeof value === 'boolean') await field.setChecked(value);
    else if ((await field.evaluate((element) => element.tagName)) === 'SELECT') await field.selectOption(value);
    else await field.fill(value);
  }
}

/** Runs `work`, which must not load the page anew where there is JavaScript, and must where there is none. */
export async function inPlace(page, js, work) {
  if (!js) return work();
  await page.evaluate(() => (window.here = true));
  const url = page.url();
  await work();
  assert.equal(await page.evaluate(() => window.here), true, 'the page was loaded anew');
  assert.equal(page.url(), url);
}

/** Waits for the message that says what was done, and no other. */
export async function flash(page, text) {
  await page.locator('#flash:not(:has(.flash + .flash)) .flash.good > p', { hasText: text }).waitFor();
}

export async function signOut(page) {
  await page.locator('.topbar .menu > summary').click();
  await page.locator('form[action="/logout"] button').click();
  await page.waitForURL((url) => url.pathname === '/login');
}
