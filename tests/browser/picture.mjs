// Saves the picture of the dashboard that the README shows: 1280 × 800, English, light.
//
//   node tests/browser/picture.mjs http://127.0.0.1:3000
//
// The product must be running there with the demo data. CHROMIUM names the browser (/usr/bin/chromium). To keep the file small:
//   convert tests/browser/dashboard.png +dither -colors 96 PNG8:tests/browser/dashboard.png

import path from 'node:path';
import { chromium } from 'playwright-core';

const baseURL = process.argv[2];
if (!baseURL) {
  console.error('usage: node tests/browser/picture.mjs <base URL>');
  process.exit(2);
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
try {
  const page = await browser.newPage({
    baseURL,
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    colorScheme: 'light',
    reducedMotion: 'reduce',
    timezoneId: 'Europe/Istanbul',
  });
  await page.goto('/login');
  await page.locator('input[name="email"]').fill('ofis@demo.test');
  await page.locator('input[name="password"]').fill('prosektor-demo');
  await page.locator('#session-form button').click();
  await page.waitForURL('**/dashboard');
  // What the account has chosen goes before what the browser asks for.
  if ((await page.locator('html').getAttribute('lang')) !== 'en') await page.locator('button[name="locale"]').click();
  await page.locator('html[lang="en"]').waitFor({ state: 'attached' });
  const file = path.join(import.meta.dirname, 'dashboard.png');
  await page.screenshot({ path: file });
  console.log(file);
} finally {
  await browser.close();
}
