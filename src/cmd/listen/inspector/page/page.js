// The page: what is told by the server, what is typed, and what is shown of it.

import { nextView } from './bytes.js';
import { List, filterOf, names } from './list.js';
import { copy, el, toast, isProblem } from './parts.js';
import { idle, record, resendPanel, resent, waiting } from './record.js';

const $ = (id) => document.getElementById(id);
const FIELDS = ['platform', 'event', 'verdict', 'status'];
const NO_FILTER = { q: '', platform: '', event: '', verdict: '', status: '', problems: false };

let about = null;
let filter = { ...NO_FILTER };
/** The record that is shown: its number, and what was told of it. */
let chosen = null;
let told = null;
/** What stops the request for it, while there is one; whether all of it was asked for. */
let loading = null;
let isWhole = false;
/** Whether more came of it meanwhile. */
let isStale = false;
let fresh = 0;
let gone = 0;
const list = new List($('list'), (id) => choose(id));

// What the server tells.

let source = null;
let last = 0;
let pending = [];
let isOver = false;

// A connection that is refused or lost is tried again, after a longer and longer while.
const [SOONEST, LATEST] = [1, 30];
let pause = SOONEST;
let retrying;

function connect() {
  clearTimeout(retrying);
  retrying = null;
  source?.close();
  source = new EventSource(last > 0 ? `events?after=${last}` : 'events');
  source.addEventListener('hello', (event) => hello(JSON.parse(event.data)));
  source.addEventListener('record', (event) => {
    pending.push(JSON.parse(event.data));
    if (pending.length === 1) setTimeout(flush, 30);
  });
  source.addEventListener('kept', (event) => forget(JSON.parse(event.data).first));
  source.addEventListener('missed', (event) => missed(JSON.parse(event.data).count));
  source.addEventListener('end', () => end());
  source.addEventListener('error', () => { if (!isOver) again(); });
}

function again() {
  source?.close();
  source = null;
  clearTimeout(retrying);
  if (document.hidden) {
    // Whoever looks again asks again.
    state('lost', 'no connection');
    return;
  }
  state('lost', `no connection, next try in ${pause} s`);
  retrying = setTimeout(() => {
    state('lost', 'connecting');
    connect();
  }, pause * 1000);
  pause = Math.min(2 * pause, LATEST);
}

// A browser has six connections to one place: pages that nobody looks at give theirs back.
const AWAY = 30_000;
let leaving;
document.addEventListener('visibilitychange', () => {
  clearTimeout(leaving);
  if (document.hidden) leaving = setTimeout(leave, AWAY);
  else if (!source && !isOver) {
    pause = SOONEST;
    connect();
  }
});

function leave() {
  clearTimeout(retrying);
  source?.close();
  source = null;
}

function hello(told) {
  pause = SOONEST;
  about = told;
  $('url').textContent = about.url;
  $('platform').textContent = about.platform;
  $('copy-url').hidden = false;
  state('live', 'live');
  refresh();
}

function state(name, text) {
  $('state').dataset.state = name;
  $('state-text').textContent = text;
}

function end() {
  isOver = true;
  leave();
  flush();
  state('over', 'ended');
  toast('The run has ended. The list stays; records that were not opened are gone.');
}

function flush() {
  const entries = pending.filter((entry) => entry.id > last);
  pending = [];
  if (entries.length === 0) return;
  last = entries[entries.length - 1].id;
  const wasRead = list.isRead();
  const shown = list.add(entries);
  if (wasRead && shown > 0) announce(fresh + shown);
  refresh();
  // Another attempt of the message that is looked at changes what is shown of it.
  const message = JSON.stringify(told?.entry.message ?? null);
  if (message !== 'null' && entries.some((entry) => JSON.stringify(entry.message) === message)) reload();
}

function forget(first) {
  flush();
  list.drop(first);
  gone = first - 1;
  refresh();
}

function missed(count) {
  toast(`${count} requests were gone before they could be shown here.`);
}

function announce(count) {
  fresh = count;
  $('fresh').hidden = count === 0;
  $('fresh').textContent = `${count} new above`;
}

// What is shown.

function refresh() {
  const entries = list.entries();
  const shown = list.shown();
  const problems = entries.filter(isProblem).length;
  $('counts').replaceChildren(
    el('b', {}, String(entries.length)), shown.length === entries.length ? ' requests' : ` requests, ${shown.length} shown`,
    problems > 0 ? el('span', { class: 'bad' }, ` · ${problems} with problems`) : '');
  document.title = problems > 0 ? `(${problems}) pushrig` : 'pushrig';
  $('gone').hidden = gone === 0;
  $('gone').textContent = gone === 0 ? '' : `${gone} older ones are gone: the last ${about?.most_records ?? 1000} are kept here, or 64 MiB of them. A capture has all.`;
  options(entries);
  $('export').href = `export?ids=${ranges(shown.map((entry) => entry.id))}`;
  const isEmpty = entries.length === 0;
  document.body.classList.toggle('empty', isEmpty);
  $('none').hidden = isEmpty || shown.length > 0;
  if (!isEmpty && shown.length === 0 && $('none').childElementCount === 0) {
    $('none').replaceChildren(el('p', {}, 'No request fits the filter.'), el('button', { type: 'button', class: 'button', onclick: clear }, 'Clear the filter'));
  }
  if (chosen === null && about) $('detail').replaceChildren(isEmpty && gone === 0 ? waiting(about) : idle(entries, (reason) => change({ q: reason })));
}

/** Numbers as ranges: 1-3,7. */
function ranges(ids) {
  const parts = [];
  for (const id of [...ids].sort((one, other) => one - other)) {
    const range = parts[parts.length - 1];
    if (range && range[1] === id - 1) range[1] = id;
    else parts.push([id, id]);
  }
  return parts.map(([from, to]) => (from === to ? from : `${from}-${to}`)).join(',');
}

function options(entries) {
  const values = {
    platform: ['platform', new Map(entries.map((entry) => [entry.platform ?? 'none', entry.platform_name ?? 'no platform']))],
    event: ['event', new Map(entries.flatMap(names).map((name) => [name, name]))],
    verdict: ['verdict', new Map(entries.map((entry) => [entry.verdict, entry.verdict]))],
    status: ['status', new Map(entries.map((entry) => [String(entry.status ?? 'none'), String(entry.status ?? 'no answer')]))],
  };
  for (const name of FIELDS) {
    const [all, found] = values[name];
    // What is filtered for stays on the list, come or not.
    if (filter[name] && !found.has(filter[name])) found.set(filter[name], filter[name]);
    const select = $(`f-${name}`);
    const wanted = [['', all], ...[...found].sort()];
    const have = [...select.options].map((option) => option.value);
    if (have.join('\n') !== wanted.map(([value]) => value).join('\n')) {
      select.replaceChildren(...wanted.map(([value, text]) => el('option', { value }, text)));
    }
    select.value = filter[name];
    select.classList.toggle('on', filter[name] !== '');
  }
}

// The chosen record.

function choose(id, isMoving) {
  if (id === undefined || id === null) return;
  if (id !== chosen) {
    chosen = id;
    told = null;
    load(id, false);
  }
  list.mark(id);
  document.body.classList.add('with-record');
  remember(!isMoving && isNarrow());
  if (isNarrow() && !isMoving) $('detail').focus();
}

function reload() {
  // Attempts may come faster than they are shown: one request after another.
  if (loading) isStale = true;
  else load(chosen, true, isWhole);
}

async function load(id, isSame, whole = false) {
  // What was asked for before is not waited for.
  loading?.abort();
  const asked = new AbortController();
  loading = asked;
  isWhole = whole;
  isStale = false;
  let found;
  try {
    const answer = await fetch(`record/${id}${whole ? '?whole' : ''}`, { signal: asked.signal });
    found = answer.ok ? await answer.json() : null;
  } catch {
    found = undefined;
  }
  if (asked.signal.aborted) return;
  loading = null;
  if (id !== chosen) return;
  show(id, found, isSame, whole);
  if (isStale) reload();
}

function show(id, found, isSame, whole) {
  if (!found) {
    const why = found === null ? 'This record is gone: only the last ones are kept here.' : 'The server does not answer any more.';
    if (!told) $('detail').replaceChildren(el('p', { class: 'none' }, why));
    return;
  }
  told = found;
  const panel = isSame ? $('resend') : null;
  const top = $('detail').scrollTop;
  $('detail').replaceChildren(...record(found, {
    curl: () => curl(id),
    resend: () => askResend(),
    open: (other) => choose(other),
    back: () => back(),
    whole: whole ? null : () => load(id, true, true),
  }));
  if (panel) $('resend').replaceWith(panel);
  $('detail').scrollTop = isSame ? top : 0;
}

function back() {
  chosen = null;
  told = null;
  list.mark(null);
  document.body.classList.remove('with-record');
  announce(0);
  remember(false);
  refresh();
  $('list').focus();
}

async function curl(id) {
  const answer = await fetch(`curl/${id}`);
  if (answer.ok) await copy(await answer.text(), 'the curl command');
}

function askResend() {
  const place = $('resend');
  if (!place || !told?.headers) return;
  const close = () => { place.hidden = true; place.replaceChildren(); };
  place.replaceChildren(resendPanel(about, send, close));
  place.hidden = false;
  place.querySelector('[data-act=send]').focus();
  place.scrollIntoView({ block: 'nearest' });
}

async function send(target, result) {
  result.replaceChildren('it is on its way …');
  const answer = await fetch(`resend/${chosen}`, {
    method: 'POST',
    headers: { 'X-Pushrig': '1', 'Content-Type': 'application/json' },
    body: JSON.stringify(target),
  }).catch(() => null);
  if (!answer?.ok) {
    result.replaceChildren(answer ? await answer.text() : 'the server does not answer any more');
    return;
  }
  result.replaceChildren(...resent(await answer.json(), (id) => choose(id)));
}

// The filter, which the URL remembers.

function apply() {
  $('f-text').value = filter.q;
  $('f-problems').checked = filter.problems;
  const isFiltered = JSON.stringify(filter) !== JSON.stringify(NO_FILTER);
  $('f-clear').hidden = !isFiltered;
  list.filter(filterOf(filter));
  refresh();
}

function change(changes) {
  filter = { ...filter, ...changes };
  remember(false);
  apply();
}

function clear() {
  change(NO_FILTER);
}

function remember(isStep) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) if (value) parameters.set(name, value === true ? '1' : value);
  if (chosen !== null) parameters.set('record', chosen);
  const hash = `#${parameters}`;
  if (hash === (location.hash || '#')) return;
  if (isStep) history.pushState(null, '', hash);
  else history.replaceState(null, '', hash);
}

function recall() {
  const parameters = new URLSearchParams(location.hash.slice(1));
  filter = { ...NO_FILTER };
  for (const name of ['q', ...FIELDS]) filter[name] = parameters.get(name) ?? '';
  filter.problems = parameters.get('problems') === '1';
  apply();
  const id = Number(parameters.get('record'));
  if (Number.isSafeInteger(id) && id > 0) choose(id, true);
  else if (chosen !== null) back();
}

// Light and dark.

const THEMES = ['auto', 'light', 'dark'];

function theme(name) {
  const known = THEMES.includes(name) ? name : 'auto';
  document.documentElement.dataset.theme = known;
  $('theme').textContent = `◐ ${known}`;
  $('theme').setAttribute('aria-label', `Colours: ${known}`);
  try {
    localStorage.setItem('pushrig-theme', known);
  } catch {
    // It is then forgotten.
  }
}

function nextTheme() {
  theme(THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length]);
}

function storedTheme() {
  try {
    return localStorage.getItem('pushrig-theme');
  } catch {
    return null;
  }
}

// Keys.

function isNarrow() {
  return matchMedia('(max-width: 860px)').matches;
}

const KEYS = {
  j: () => choose(list.beside(1), true),
  k: () => choose(list.beside(-1), true),
  ArrowDown: () => choose(list.beside(1), true),
  ArrowUp: () => choose(list.beside(-1), true),
  g: () => choose(list.shown()[0]?.id, true),
  G: () => choose(list.shown().pop()?.id, true),
  Enter: () => { if (chosen === null) choose(list.beside(0)); else $('detail').querySelector('h2')?.focus(); },
  Escape: () => escape(),
  '/': () => {
    // In a narrow window the record is in its place.
    if (isNarrow() && chosen !== null) back();
    $('f-text').focus();
    $('f-text').select();
  },
  p: () => change({ problems: !filter.problems }),
  b: () => nextView(),
  c: () => { if (told?.headers) curl(chosen); },
  r: () => askResend(),
  e: () => $('export').click(),
  t: () => nextTheme(),
  '?': () => $('help').showModal(),
};

function escape() {
  const panel = $('resend');
  if (panel && !panel.hidden) {
    panel.hidden = true;
    panel.replaceChildren();
  } else if (chosen !== null) back();
  else clear();
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
  const field = event.target;
  if (field.matches('input:not([type=checkbox]):not([type=radio]), select, textarea')) {
    if (event.key === 'Escape') {
      field.blur();
      event.preventDefault();
    }
    return;
  }
  // Where something has the focus that a key means something to, it has the key.
  const isOwn = field.matches('button, a, summary, [type=checkbox], [type=radio]') && event.key === 'Enter';
  const scrolls = field.closest('#detail') && field !== $('detail') && event.key.startsWith('Arrow');
  const act = KEYS[event.key];
  if (!act || isOwn || scrolls) return;
  event.preventDefault();
  act();
});

// All put together.

$('filter').addEventListener('submit', (event) => event.preventDefault());
$('f-text').addEventListener('input', (event) => change({ q: event.target.value }));
$('f-problems').addEventListener('change', (event) => change({ problems: event.target.checked }));
for (const name of FIELDS) $(`f-${name}`).addEventListener('change', (event) => change({ [name]: event.target.value }));
$('f-clear').addEventListener('click', clear);
$('copy-url').addEventListener('click', () => copy(about.url, 'the URL'));
$('theme').addEventListener('click', nextTheme);
$('help-open').addEventListener('click', () => $('help').showModal());
$('help-close').addEventListener('click', () => $('help').close());
$('manual-close').addEventListener('click', () => $('manual').close());
$('fresh').addEventListener('click', () => { $('list').scrollTop = 0; announce(0); });
$('list').addEventListener('scroll', () => { if ($('list').scrollTop === 0) announce(0); });
addEventListener('hashchange', recall);
theme(storedTheme());
recall();
connect();
