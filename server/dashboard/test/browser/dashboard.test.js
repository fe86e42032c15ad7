// The dashboard in a real browser, over a real relay with real phones.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import test, { after, before } from 'node:test';
import { set } from './stage.js';

/** @type {Awaited<ReturnType<typeof set>>} */
let stage;
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

before(async () => {
  stage = await set();
  await setTargets();
});
after(() => stage.strike());

/** Li Na and Chen Bo are to sell for ¥100,000 and ¥50,000 in the quarter. */
async function setTargets() {
  const key = (/** @type {string} */ member) => stage.admin('key', 'create', '--member', member).secret;
  const make = async (/** @type {string} */ secret, /** @type {string} */ kind, /** @type {object} */ fields) => {
    const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
    const answer = await fetch(`${stage.url}/v1/${kind}`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ fields }),
    });
    assert.equal(answer.status, 201, await answer.clone().text());
    return (await answer.json()).id;
  };
  const [admin, manager] = [key('Ada'), key('Wang Fang')];
  const kpi = await make(admin, 'kpis', {
    code: 'sales',
    name_zh: '季度销售额',
    name_en: 'Quarterly sales',
    metric: 'sales_amount',
    unit: 'money',
  });
  const quarter = { kpi_id: kpi, first_day: '2026-01-01', last_day: '2026-03-31', period: 'quarter', currency: 'CNY' };
  await make(manager, 'sales_targets', { ...quarter, rep: stage.told.members['Li Na'], value: 10_000_000 });
  await make(manager, 'sales_targets', { ...quarter, rep: stage.told.members['Chen Bo'], value: 5_000_000 });
}

/** Every page, by the end of its address. */
const PAGES = [
  'goal',
  'leak',
  'team',
  'market',
  'changes',
  'decide',
  'people?tab=members',
  'people?tab=devices',
  'people?tab=handover',
  'records?figure=open',
];

/** @param {import('playwright-core').Page} page @param {string} place */
async function open(page, place) {
  await page.goto(`${stage.url}/app/${place}`);
  await page.locator('main h1').waitFor();
  await page.waitForFunction(() => document.querySelector('.waiting') === null);
}

/** What axe finds wrong. It is put in as the page's own: the page's policy lets nothing else in. */
async function faults(/** @type {import('playwright-core').Page} */ page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => {
    // @ts-expect-error axe came in as a script
    return window.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
  });
  return found.violations.map(
    (/** @type {any} */ one) => `${one.id}: ${one.nodes.map((/** @type {any} */ node) => node.target).join(' ')}`,
  );
}

test('a link signs in once, the address is clean, and signing out ends it', async () => {
  const link = stage.link(stage.told.manager);
  const context = await stage.browser.newContext({ locale: 'en-US' });
  const page = await context.newPage();
  await page.goto(link);
  assert.equal(page.url(), `${stage.url}/sign-in`, 'the secret is gone from the address');
  await stage.picture(page, 'sign-in');
  assert.deepEqual(await faults(page), []);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Wang Fang').first().waitFor();
  const [cookie] = await context.cookies();
  assert.ok(cookie?.httpOnly && cookie.sameSite === 'Strict', JSON.stringify(cookie));

  const again = await context.newPage();
  await again.goto(link);
  await again.getByRole('button', { name: 'Sign in' }).click();
  await again.getByText('used already').waitFor();

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('You are not signed in').waitFor();
  const status = await page.evaluate(async () => (await fetch('/v1/session')).status);
  assert.equal(status, 401);
  await context.close();
});

for (const [lang, theme, width] of /** @type {const} */ ([
  ['en', 'light', 1280],
  ['zh-CN', 'dark', 1280],
  ['zh-CN', 'light', 390],
])) {
  test(`every page stands in ${lang}, ${theme}, ${width} wide, without an accessibility fault`, async () => {
    const { page, context, complaints } = await stage.page(stage.told.manager, { viewport: { width, height: 900 } });
    await page.evaluate((wanted) => localStorage.setItem('satchel-theme', wanted), theme);
    for (const place of PAGES) {
      await open(page, `${place}${place.includes('?') ? '&' : '?'}lang=${lang}&period=2026-Q1`);
      assert.equal(await page.locator('html').getAttribute('lang'), lang);
      await stage.picture(page, `${place.replace(/\W+/g, '-')}-${lang}-${theme}-${width}`);
      assert.deepEqual(await faults(page), [], place);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${place} is ${wide} px wider than the screen`);
    }
    assert.deepEqual(complaints, []);
    await context.close();
  });
}

test('a deal won in aeroplane mode moves the manager’s screen after the sync, and leads to its record in two clicks', async () => {
  const { page, context } = await stage.page(stage.told.manager);
  await open(page, 'goal?lang=en&period=2026-Q1');
  const tile = (/** @type {string} */ title) =>
    page.locator('.tile', { has: page.getByRole('heading', { name: title, exact: true }) });
  await tile('Reached').getByText('¥0', { exact: true }).waitFor();
  await tile('Target').getByText('¥150K').waitFor();
  const { deal, attainment } = await stage.act('win');
  await tile('Reached').getByText('¥40K').waitFor();
  const row = page.getByRole('row', { name: /Li Na/ });
  await row.getByText('40%').waitFor();
  assert.equal(attainment, 4000, 'the phone comes to the same');
  assert.deepEqual(await faults(page), []);
  await stage.picture(page, 'goal-after-a-win');
  await tile('Closed')
    .getByRole('link', { name: /Records.*Closed/ })
    .click();
  await page.getByRole('link', { name: 'Spring paper' }).click();
  await page.waitForURL(new RegExp(`/app/record/deals/${deal}`));
  await page.getByText('Signing').first().waitFor();
  await stage.picture(page, 'record-of-a-deal');
  await context.close();
});

test('the address holds period, team and language, and going back returns to them', async () => {
  const { page, context } = await stage.page(stage.told.manager);
  await open(page, 'leak?lang=en&period=2026-Q1');
  await page.getByLabel('Period').selectOption('2026-03');
  await page.waitForURL(/period=2026-03/);
  await page.getByLabel('Team').selectOption({ label: 'North' });
  await page.waitForURL(/team=/);
  await page.getByRole('link', { name: 'Who needs me?' }).click();
  await page.waitForURL(/app\/team\?.*period=2026-03.*team=/);
  await page.getByRole('button', { name: '中文' }).click();
  await page.getByRole('heading', { name: '谁需要我？' }).waitFor();
  await page.goBack();
  await page.waitForURL(/app\/leak/);
  await context.close();
});

test('one who has never synced is not one who did nothing', async () => {
  const { page, context } = await stage.page(stage.told.manager);
  await open(page, 'team?lang=en&period=2026-Q1');
  const row = page.getByRole('row', { name: /Qian Qian/ });
  await row.getByText('not synced yet').waitFor();
  await page.getByText(/Who is missing/).click();
  await page
    .getByRole('listitem')
    .filter({ hasText: /Qian Qian: never synced/ })
    .waitFor();
  await context.close();
});

test('a visit from a phone is announced without moving the list, and shown when asked', async () => {
  const { page, context } = await stage.page(stage.told.manager);
  await open(page, 'changes?lang=en');
  await page.locator('.line.live').waitFor();
  const list = page.locator('ol.feed > li');
  const before_ = await list.count();
  await stage.act('visit');
  const news = page.getByRole('button', { name: /Show \d+ new change/ });
  await news.waitFor();
  assert.equal(await list.count(), before_, 'nothing moved');
  await news.click();
  await page.getByRole('link', { name: '要两箱样品 Wants two boxes' }).waitFor();
  await stage.picture(page, 'changes-after-a-visit');
  await context.close();
});

test('a conflict is shown with both values and decided, and the phone hears it', async () => {
  const { page, context } = await stage.page(stage.told.manager);
  await open(page, 'decide?lang=en');
  await page.getByText('No conflicts.').waitFor();
  await stage.act('conflict');
  const shop = page.getByRole('link', { name: '永辉超市 Yonghui' });
  await shop.waitFor();
  await stage.picture(page, 'decide-a-conflict');
  assert.deepEqual(await faults(page), []);
  await page.getByRole('button', { name: /Keep this Customer level|Keep this Level: a/ }).click();
  await page.getByText('No conflicts.').waitFor();
  assert.deepEqual(await stage.act('level of the first shop'), { level: 'a', conflicts: [] });
  await context.close();
});

test('a disputed deal is decided by whoever has seen both ends', async () => {
  const { page, context } = await stage.page(stage.told.manager);
  await stage.act('dispute');
  await open(page, 'decide?lang=en');
  await page.getByRole('link', { name: 'Autumn shelf' }).waitFor();
  await stage.picture(page, 'decide-a-dispute');
  await page.getByRole('button', { name: /This holds Won/ }).click();
  await page.getByText('No deal is in dispute.').waitFor();
  await context.close();
});

test('two shops that are one are said to be so', async () => {
  const { page, context } = await stage.page(stage.told.manager);
  await stage.act('twins');
  await open(page, 'decide?lang=en');
  await page.getByText('same phone').waitFor();
  await stage.picture(page, 'decide-duplicates');
  await page.getByRole('button', { name: 'Keep this one 东方百货' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'They are one' }).click();
  await page.getByText('No likely duplicates.').waitFor();
  await context.close();
});

test('what a lost phone hands in waits in quarantine until it is let in', async () => {
  const { page, context } = await stage.page(stage.told.manager);
  const { customer } = await stage.act('lost phone');
  await open(page, 'decide?lang=en');
  await page
    .getByRole('row', { name: /Zhao Lei/ })
    .getByRole('button', { name: 'Accept' })
    .click();
  const dialog = page.getByRole('dialog', { name: 'Accept this edit?' });
  await stage.picture(page, 'decide-quarantine');
  assert.deepEqual(await faults(page), []);
  await dialog.getByRole('button', { name: 'Accept' }).click();
  await page.getByText('Nothing waits in quarantine.').waitFor();
  await open(page, `record/customers/${customer}?lang=en`);
  await page.getByText('retail').first().waitFor();
  assert.deepEqual(await faults(page), []);
  await stage.picture(page, 'record-en');
  await context.close();
});

test('customers are handed over with the keyboard alone, and both phones hear it', async () => {
  const { page, context } = await stage.page(stage.told.manager);
  assert.deepEqual(await stage.act('who has the second shop'), { 'Li Na': true, 'Chen Bo': false });
  await open(page, 'people?tab=handover&lang=en');
  /** Goes on with Tab until it is there. @param {import('playwright-core').Locator} target */
  const reach = async (target) => {
    for (let step = 0; step < 60; step++) {
      if (await target.evaluate((element) => element === document.activeElement)) return;
      await page.keyboard.press('Tab');
    }
    assert.fail(`the keyboard does not reach ${target}`);
  };
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to the content');
  await page.keyboard.press('Enter');
  await reach(page.getByLabel('From'));
  await page.keyboard.type('Li Na');
  await page.getByLabel('Corner Shop').waitFor();
  await reach(page.getByLabel('Corner Shop'));
  await page.keyboard.press('Space');
  await reach(page.getByRole('button', { name: 'Choose all' }));
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Hand over 1 customer' });
  await dialog.waitFor();
  await stage.picture(page, 'handover');
  assert.deepEqual(await faults(page), []);
  await reach(dialog.getByLabel('To'));
  await page.keyboard.type('Chen Bo');
  await reach(dialog.getByRole('button', { name: 'Hand over' }));
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'hidden' });
  assert.deepEqual(await stage.act('who has the second shop'), { 'Li Na': false, 'Chen Bo': true });
  await context.close();
});

test('a device is invited and revoked', async () => {
  const { page, context } = await stage.page(stage.told.manager);
  await open(page, 'people?tab=members&lang=en');
  await page.getByRole('button', { name: 'Invite a device Qian Qian' }).click();
  await page.getByRole('img', { name: 'The invite as a QR code' }).waitFor();
  await stage.picture(page, 'invite');
  assert.deepEqual(await faults(page), []);
  const painted = await page
    .getByRole('img', { name: 'The invite as a QR code' })
    .evaluate((image) => /** @type {HTMLImageElement} */ (image).naturalWidth);
  assert.ok(painted > 0, 'the picture is shown');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });

  await open(page, 'people?tab=devices&lang=en');
  await page.getByRole('button', { name: /Revoke test phone, Chen Bo/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('row', { name: /Chen Bo.*Revoked/ }).waitFor();
  await context.close();
});

test('a rep sees his own and may not decide for others', async () => {
  const { page, context } = await stage.page(stage.told.members['Li Na']);
  await open(page, 'people?tab=members&lang=en');
  assert.equal(await page.getByRole('button', { name: 'Add a member' }).count(), 0);
  assert.equal(await page.getByRole('button', { name: /^Edit Chen Bo/ }).count(), 0);
  const status = await page.evaluate(async (member) => {
    const headers = { 'x-satchel-page': '1', 'content-type': 'application/json' };
    return (await fetch(`/v1/members/${member}`, { method: 'PATCH', headers, body: '{"name":"x"}' })).status;
  }, stage.told.members['Chen Bo']);
  assert.equal(status, 403);
  await context.close();
});

test('a table is taken away as CSV that Excel reads', async () => {
  const { page, context } = await stage.page(stage.told.manager);
  await open(page, 'people?tab=members&lang=zh-CN');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: '下载 CSV' }).click(),
  ]);
  const text = await readFile(await download.path(), 'utf8');
  assert.ok(text.startsWith('\uFEFF姓名,角色,团队'), text.slice(0, 60));
  assert.ok(text.includes('Li Na,销售代表,North'), text);
  await context.close();
});

test('another site cannot act with the cookie', async () => {
  const { page, context } = await stage.page(stage.told.manager);
  const response = await page.request.post(`${stage.url}/v1/members`, { data: { name: 'x' } });
  assert.equal(response.status(), 403, 'without the header of the page');
  const headers = (await page.request.get(`${stage.url}/`)).headers();
  assert.match(headers['content-security-policy'] ?? '', /^default-src 'none'; script-src 'self'; style-src 'self';/);
  await context.close();
});
