// The stage: a real relay with real phones, and a real browser that looks at it.

import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

/** @param {string} name */
function given(name) {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run \`cargo xtask dashboard --test\``);
  return value;
}

const pictures = given('SATCHEL_PICTURES');
mkdirSync(pictures, { recursive: true });

/** Sets the stage, and opens a browser. */
export async function set() {
  const relay = given('SATCHEL_BIN');
  const process_ = spawn(given('SATCHEL_STAGE'), {
    env: { ...process.env, SATCHEL_BIN: relay },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: process_.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const line = await lines.next();
    if (line.done) throw new Error('the stage has ended');
    return JSON.parse(line.value);
  };
  const told = await answer();
  const browser = await chromium.launch({
    executablePath: process.env.SATCHEL_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });

  return {
    /** @type {string} */ url: told.url,
    told,
    browser,

    /** Lets the phones play a scene. @param {string} scene */
    async act(scene) {
      process_.stdin.write(`${scene}\n`);
      return answer();
    },

    /** What `satchel admin` says. @param {...string} words */
    admin(...words) {
      return JSON.parse(
        execFileSync(relay, ['--data-dir', told.data, 'admin', '--json', ...words], { encoding: 'utf8' }),
      );
    },

    /** A link that signs a member in. @param {string} member @returns {string} */
    link(member) {
      return this.admin('sign-in', member, '--relay', told.url).link;
    },

    /**
     * A page on which a member is signed in. What the page complains of is kept.
     * @param {string} member @param {import('playwright-core').BrowserContextOptions} [options]
     */
    async page(member, options = {}) {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 900 },
        locale: 'en-US',
        timezoneId: 'Asia/Shanghai',
        ...options,
      });
      const page = await context.newPage();
      /** @type {string[]} */
      const complaints = [];
      page.on('pageerror', (error) => complaints.push(`${error}`));
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      await page.goto(this.link(member));
      await page.getByRole('button', { name: /^(Sign in|登录)$/ }).click();
      await page.getByRole('navigation', { name: /Pages|页面/ }).waitFor();
      return { page, context, complaints };
    },

    /** Leaves a picture. @param {import('playwright-core').Page} page @param {string} name */
    async picture(page, name) {
      await page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });
    },

    async strike() {
      await browser.close();
      process_.stdin.end();
      await new Promise((done) => process_.once('exit', done));
    },
  };
}
