// The inspector in a real browser, driven through its keys and what it shows.
//
//   node inspector.js SCENARIO PAGE SERVER FOLDER
//
// PAGE is the URL of the page, SERVER that of the receiver, FOLDER holds requests that were
// signed, as bytes. It prints a line for each thing that was seen to be so, and ends with 1 where
// one is not.

'use strict';

const fs = require('fs');
const net = require('net');
const path = require('path');
const puppeteer = require('puppeteer-core');

const [, , scenario, ui, server, folder] = process.argv;
const LIMIT = 20000;
const problems = [];

function check(name, holds, found) {
  if (holds) console.log(`ok ${name}`);
  else problems.push(`${name}: ${JSON.stringify(found)}`);
}

/** Sends bytes to the receiver, and gives its answer. */
function send(bytes) {
  const { hostname, port } = new URL(server);
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), hostname, () => socket.write(bytes));
    const came = [];
    socket.on('data', (piece) => { came.push(piece); socket.end(); });
    socket.on('error', (why) => (came.length > 0 ? null : reject(why)));
    socket.on('close', () => resolve(Buffer.concat(came).toString('latin1')));
  });
}

const signed = (name) => fs.readFileSync(path.join(folder, name));

function post(target, headers, body) {
  const head = `POST ${target} HTTP/1.1\r\nHost: a\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)]);
}

/** A page that reports whatever should not happen on it. */
async function open(browser, name, isQuiet = true) {
  const page = await browser.newPage();
  page.setDefaultTimeout(LIMIT);
  await page.setViewport({ width: 1280, height: 800 });
  const base = ui.slice(0, ui.indexOf('#') < 0 ? ui.length : ui.indexOf('#'));
  page.on('dialog', (dialog) => { problems.push(`${name}: a dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('console', (line) => { if (isQuiet && (line.type() === 'error' || line.type() === 'warn')) problems.push(`${name}: the console: ${line.text()}`); });
  page.on('pageerror', (why) => problems.push(`${name}: an error: ${why.message}`));
  page.on('request', (request) => { if (!request.url().startsWith(base)) problems.push(`${name}: a request to ${request.url()}`); });
  await page.evaluateOnNewDocument(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  return page;
}

async function close(page, name) {
  const found = await page.evaluate(() => ({ violations: window.violations, ran: window.ran ?? null }));
  check(`${name}: nothing was tried that the policy forbids`, found.violations.length === 0, found.violations);
  check(`${name}: nothing that came ran`, found.ran === null, found.ran);
  await page.close();
}

const rows = (page) => page.$$eval('.row:not([hidden])', (all) => all.map((row) => row.innerText.replace(/\s+/g, ' ')));
const text = (page, place) => page.$eval(place, (element) => element.innerText);

async function shown(page, count) {
  await page.waitForFunction((wanted) => document.querySelectorAll('.row:not([hidden])').length === wanted, {}, count);
}

async function chosen(page, id) {
  await page.waitForFunction((wanted) => location.hash.includes(`record=${wanted}`)
    && document.querySelector('.record-head')?.innerText.includes(`#${wanted} `), {}, id);
}

/** The list fills, is filtered, and a record is looked at, by keys alone. */
async function live(browser) {
  const page = await open(browser, 'live');
  await page.goto(ui);
  await page.waitForSelector('.waiting');
  const waiting = await text(page, '.waiting');
  check('while nothing came it says where to send', waiting.includes(server) && waiting.includes('pushrig push ') && waiting.includes('curl '), waiting);
  for (const name of ['datapoint', 'online', 'sensoro', 'wrong']) await send(signed(name));
  await shown(page, 4);
  const list = await rows(page);
  check('the newest is the first', list[3].includes('datapoint') && list[0].includes('mismatch'), list);

  await page.keyboard.press('/');
  await page.keyboard.type('onenet datapoint');
  await shown(page, 1);
  check('the URL has the filter', (await page.evaluate(() => location.hash)) === '#q=onenet+datapoint', await page.evaluate(() => location.hash));
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await shown(page, 4);
  await page.keyboard.press('p');
  await shown(page, 1);
  await page.keyboard.press('p');
  await page.select('#f-platform', 'sensoro');
  await page.waitForFunction(() => [...document.querySelectorAll('.row:not([hidden])')].every((row) => row.innerText.includes('SENSORO')));
  const lines = await page.evaluate(async () => (await (await fetch(document.getElementById('export').href)).text()).trim().split('\n'));
  check('the export is what the list shows', lines.every((line) => JSON.parse(line).platform === 'sensoro'), lines);
  await page.click('#f-clear');
  await shown(page, 4);

  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('j');
  await chosen(page, 4);
  const wrong = await text(page, '#detail');
  check('a wrong signature is explained', wrong.includes('Proved') && wrong.includes('Base string'), wrong);
  check('a secret is its length', /hidden, \d+ bytes/.test(wrong) || wrong.includes('HMAC'), wrong);
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await chosen(page, 1);
  await page.keyboard.press('k');
  await chosen(page, 2);
  await send(signed('datapoint'));
  await page.waitForSelector('#fresh:not([hidden])');
  check('the chosen one stays chosen when more comes', (await page.$eval('[aria-selected=true]', (row) => row.dataset.id)) === '2', null);
  await page.keyboard.press('b');
  await page.keyboard.press('b');
  const dump = await text(page, '.dump');
  check('bytes have offsets', dump.startsWith('00000000'), dump.slice(0, 80));
  await page.keyboard.press('b');
  await page.keyboard.press('?');
  await page.waitForSelector('#help[open]');
  await page.keyboard.press('Escape');
  await page.waitForSelector('#help:not([open])');

  await page.keyboard.press('r');
  await page.waitForSelector('#resend:not([hidden])');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#resend [data-act=open]');
  check('its answer is shown', (await text(page, '#resend .result')).startsWith('200'), await text(page, '#resend .result'));
  await page.click('#resend [data-act=open]');
  await chosen(page, 6);
  const attempts = await text(page, '.chain');
  check('the attempts of a message are drawn', attempts.includes('came 2 times') && (await page.$$('.timeline .attempt')).length === 2, attempts);

  const command = await page.evaluate(async () => {
    let copied = null;
    Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => { copied = text; } } });
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'c', bubbles: true }));
    for (let turn = 0; turn < 100 && copied === null; turn += 1) await new Promise((go) => setTimeout(go, 50));
    return copied;
  });
  check('the curl command is copied', command?.startsWith('curl '), command);
  await page.keyboard.press('Escape');
  await page.waitForSelector('.idle');

  const other = await open(browser, 'second');
  await other.goto(`${ui}#verdict=mismatch`);
  await shown(other, 1);
  await close(other, 'second');
  await close(page, 'live');
}

const MARK = 'window.ran=(window.ran||0)+1';
const PAYLOADS = [
  `<script>${MARK}</script>`,
  `"><img src=x onerror="${MARK}">`,
  `</script><script>${MARK}//`,
  `<svg/onload=${MARK}>`,
  `javascript:${MARK}`,
  `{{constructor.constructor('${MARK}')()}}`,
  `' autofocus onfocus=${MARK} x='`,
  `</textarea></title><iframe srcdoc="<script>parent.ran=1</script>">`,
  '\u202e\u2066evil\u200b\u0007\u001b[2J',
];

/** What is hostile is shown, and does not run. */
async function hostile(browser) {
  const page = await open(browser, 'hostile');
  await page.goto(ui);
  await page.waitForSelector('.waiting');
  let count = 0;
  for (const payload of PAYLOADS) {
    const plain = payload.replace(/[\x00-\x1f]/g, '');
    await send(post(`/${encodeURI(plain).replace(/%3C/g, '<').replace(/%3E/g, '>').replace(/%22/g, "'")}?q=${plain.replace(/\s/g, '+').replace(/[^\x21-\x7e]/g, '')}`, `X-Payload: ${Buffer.from(plain).toString('latin1')}\r\nUser-Agent: <b onclick=${MARK}>\r\n`, payload));
    await send(post('/json', 'Content-Type: text/html\r\n', JSON.stringify({ [payload]: payload, n: [payload] })));
    count += 2;
  }
  // A platform's own form, hostile in what is signed and in what names the event.
  await send(post('/push', '', JSON.stringify({ msg: { type: PAYLOADS[0], dev_id: PAYLOADS[1] }, msg_signature: PAYLOADS[0], nonce: PAYLOADS[1] })));
  await send(post('/big', '', `{"big":"${'<script>ran=1</script>'.repeat(50000)}"}`));
  await send(Buffer.concat([Buffer.from('POST /bytes HTTP/1.1\r\nHost: a\r\nX-Bytes: \xff\xfe\r\nContent-Length: 6\r\n\r\n', 'latin1'), Buffer.from([0, 255, 254, 60, 98, 62])]));
  await send(Buffer.from('GET /\xff\xfe<script> HTTP/1.1\r\nHost: a\r\n\r\n', 'latin1'));
  await send(Buffer.from(`GET /many HTTP/1.1\r\nHost: a\r\n${'X-Many: <i>\r\n'.repeat(90)}\r\n`));
  await send(Buffer.from(`GET /more HTTP/1.1\r\nHost: a\r\n${'X-More: <i>\r\n'.repeat(300)}\r\n`));
  await send(Buffer.from('<script>ran=1</script>\r\n\r\n'));
  count += 7;
  await shown(page, count);
  for (let id = 1; id <= count; id += 1) {
    await page.evaluate((wanted) => document.getElementById(`row-${wanted}`).click(), id);
    await page.waitForFunction((wanted) => document.querySelector('.record-head a[download]')?.getAttribute('href') === `export?ids=${wanted}`, {}, id);
    for (const tab of await page.$$('.tabs [role=tab]')) await tab.evaluate((element) => element.click());
    for (const more of await page.$$('#detail [title="Show the rest"], #detail .hint .button')) await more.evaluate((element) => element.click());
  }
  await page.waitForFunction(() => document.querySelectorAll('.row').length > 0);
  const elements = await page.evaluate(() => document.querySelectorAll('iframe, img, object, embed, #main script, [onerror], [onclick], [onload], [srcdoc]').length);
  check('no element came of what came', elements === 0, elements);
  const first = await page.evaluate(async () => {
    document.getElementById('row-1').click();
    await new Promise((go) => setTimeout(go, 500));
    document.querySelector('.tabs [data-view=text]').click();
    return document.getElementById('detail').innerText;
  });
  check('it is shown as it was written', first.includes('<script>window.ran='), first);
  const bidi = await page.evaluate(async () => {
    document.getElementById('row-17').click();
    await new Promise((go) => setTimeout(go, 500));
    document.querySelector('.tabs [data-view=text]').click();
    return document.getElementById('detail').innerText;
  });
  check('what turns the text is marked', bidi.includes('U+202E') && bidi.includes('U+001B') && !bidi.includes('\u202e'), bidi);
  await page.keyboard.press('/');
  await page.keyboard.type('<script>');
  const hash = await page.evaluate(() => location.hash);
  check('a filter is text, too', hash.startsWith('#q=%3Cscript%3E'), hash);
  await page.goto(`${ui}#q=<img src=x onerror=${MARK}>&event=<script>&record=1`);
  await page.reload();
  await page.waitForSelector('.record-head');
  await close(page, 'hostile');
}

/** Dark and light, wide and narrow, and the end of the run. */
async function looks(browser) {
  const page = await open(browser, 'looks');
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
  await page.goto(ui);
  await page.waitForSelector('.waiting');
  const light = await paper();
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
  const dark = await paper();
  check('it follows the system', light !== dark, [light, dark]);
  await page.keyboard.press('t');
  check('light can be chosen', (await paper()) === light, await paper());
  await page.keyboard.press('t');
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
  check('dark can be chosen', (await paper()) === dark, await paper());
  await page.keyboard.press('t');
  for (const name of ['datapoint', 'datapoint', 'wrong']) await send(signed(name));
  await shown(page, 3);
  for (const width of [380, 700, 1280]) {
    await page.setViewport({ width, height: 800 });
    await page.evaluate(() => document.getElementById('row-2').click());
    await page.waitForSelector('.timeline');
    const over = await page.evaluate(() => [...document.querySelectorAll('#detail, #detail .card')].filter((it) => it.scrollWidth > it.clientWidth + 1).map((it) => it.className || it.id));
    check(`nothing sticks out at ${width} pixels`, over.length === 0, over);
    const isOne = await page.evaluate(() => getComputedStyle(document.getElementById('side')).display === 'none');
    check(`list and record at ${width} pixels`, isOne === (width <= 860), isOne);
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => getComputedStyle(document.getElementById('side')).display !== 'none');
  }
  const unnamed = await page.evaluate(() => [...document.querySelectorAll('button, input, select, a')].filter((it) => !(it.innerText?.trim() || it.getAttribute('aria-label') || it.title || it.closest('label')?.innerText.trim() || it.placeholder)).map((it) => it.outerHTML));
  check('every control has a name', unnamed.length === 0, unnamed);
  await close(page, 'looks');
}

/** A page for which there is no room says so, and is told when there is some. */
async function crowded(browser) {
  const { hostname, port, pathname } = new URL(ui);
  const held = await Promise.all([...Array(32)].map(() => new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), hostname, () => socket.write(`GET ${pathname}events HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`));
    socket.on('error', reject);
    socket.once('data', () => resolve(socket));
  })));
  // The browser itself writes to the console that it was refused.
  const page = await open(browser, 'crowded', false);
  await page.goto(ui);
  await page.waitForFunction(() => document.getElementById('state-text').textContent.includes('next try in'));
  for (const socket of held) socket.destroy();
  await page.waitForFunction(() => document.getElementById('state-text').textContent === 'live');
  await send(signed('online'));
  await shown(page, 1);
  check('it came back by itself', (await rows(page)).length === 1, await rows(page));
  const many = `GET /${'x'.repeat(400)} HTTP/1.1\r\nHost: a\r\n\r\n`;
  await send(Buffer.from(many));
  await shown(page, 2);
  await page.evaluate(() => document.getElementById('row-2').click());
  await page.waitForSelector('.record-head');
  const height = await page.$eval('.record-head h2', (element) => element.getBoundingClientRect().height);
  check('a long target leaves room for the rest', height < 80, height);
  await close(page, 'crowded');
}

(async () => {
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM,
    // Where tests run as root, or in a container, there is no sandbox to be had.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking'],
  });
  try {
    await { live, hostile, looks, crowded }[scenario](browser);
  } catch (why) {
    problems.push(why.stack);
  } finally {
    await browser.close();
  }
  for (const problem of problems) console.log(`not ok ${problem}`);
  console.log(problems.length === 0 ? 'all of it is so' : `${problems.length} of it is not so`);
  process.exit(problems.length === 0 ? 0 : 1);
})();
