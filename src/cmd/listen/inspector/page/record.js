// One record, whole.

import { body } from './bytes.js';
import { chain } from './chain.js';
import { button, bytes, copy, copyable, day, el, millis, seconds, statusTone, title, tone, visible } from './parts.js';
import { verdictChip } from './list.js';

/** What the page can do with a record. */
// { curl(id), resend(id, target), open(id), back(), whole(id), about() }

/** The view of a record. */
export function record(told, acts) {
  const { entry } = told;
  return [
    head(told, acts),
    el('div', { class: 'resend', id: 'resend', hidden: true }),
    verdict(told),
    told.chain ? section('Attempts', chain(told.chain, entry.id, acts.open)) : null,
    request(told, acts),
    told.message ? section(told.is_sealed ? 'Message, opened' : 'Message', body(told.message, 'message', acts.whole)) : null,
    answer(told, acts),
    timing(told),
  ].filter(Boolean);
}

function section(name, ...content) {
  return el('section', { class: 'card', 'aria-label': name }, el('h3', {}, name), content);
}

function head(told, acts) {
  const { entry } = told;
  const number = entry.number === null ? '' : `#${entry.number}`;
  return el('header', { class: `record-head ${tone(entry)}` },
    el('div', { class: 'record-title' },
      button('←', 'Back to the list (Esc)', acts.back, { class: 'button back', 'aria-label': 'Back to the list' }),
      el('h2', { tabindex: -1 },
        entry.platform_name ? el('span', { class: 'platform' }, visible(entry.platform_name)) : null, ' ', visible(title(entry))),
      verdictChip(entry),
      el('span', { class: `chip ${statusTone(entry.status)}` }, entry.status === null ? 'no answer' : String(entry.status))),
    el('p', { class: 'soft' }, [number, day(entry.at), `from ${entry.peer}`, bytes(entry.bytes)].filter(Boolean).join(' · ')),
    el('div', { class: 'acts' },
      told.headers ? button('Copy as curl', 'Copy it as a curl command (c)', acts.curl, { 'data-act': 'curl' }) : null,
      told.headers ? button('Send again', 'Send its exact bytes again (r)', acts.resend, { 'data-act': 'resend' }) : null,
      el('a', { class: 'button', href: `export?ids=${entry.id}`, download: `pushrig-${entry.id}.ndjson`, title: 'This record, as a capture' }, 'Export')));
}

function verdict(told) {
  const { entry, explanation } = told;
  const parts = [];
  if (told.error) {
    parts.push(el('p', { class: 'statement bad' }, 'No request came of it: ', visible(told.error)));
  } else {
    parts.push(statement(entry, explanation));
  }
  if (entry.wrong) parts.push(el('p', { class: 'statement bad' }, 'Its answer is wrong: ', visible(entry.wrong)));
  if (entry.trouble) parts.push(el('p', { class: 'statement odd' }, entry.trouble));
  if (entry.fault) parts.push(el('p', { class: 'statement odd' }, 'It was spoiled as you asked: ', el('code', {}, `--fault ${entry.fault}`)));
  if (entry.is_replay) parts.push(el('p', { class: 'statement bad' }, 'Its nonce came before, with another message: a replay?'));
  if (explanation) {
    explanation.mistakes.forEach((mistake, index) => parts.push(mistakeCard(mistake, told.differences[index])));
    if (explanation.more_mistakes > 0) parts.push(more(explanation.more_mistakes, 'mistakes that fit as well'));
    if (told.is_too_long) {
      parts.push(el('p', { class: 'soft' }, 'Its body is longer than 64 KiB: its base string is not set out here, and no mistake is looked for. Export it, and ', el('code', {}, 'pushrig explain'), ' does both.'));
    }
    parts.push(signatures(explanation), tried(explanation), baseString(explanation), notes(explanation));
  }
  return section('Verdict', parts);
}

function statement(entry, explanation) {
  if (entry.is_right) {
    const form = explanation?.form ? ` (${explanation.form})` : '';
    return el('p', { class: 'statement valid' }, `It is signed rightly${form}.`);
  }
  return el('p', { class: `statement ${tone(entry)}` }, visible(entry.why ?? 'It is not as it should be.'));
}

function mistakeCard(mistake, difference) {
  return el('div', { class: 'mistake' },
    el('p', { class: 'mistake-title' }, visible(mistake.title)),
    el('p', {}, visible(mistake.advice)),
    difference ? el('pre', { class: 'difference', tabindex: 0 }, marked(difference)) : null,
    el('p', { class: 'soft' },
      'Proved: it gives exactly the signature that arrived. ', el('code', {}, mistake.ids.join(', ')),
      mistake.also.length > 0 ? [' The same bytes: ', el('code', {}, also(mistake.also)), '.'] : null));
}

function also(names) {
  const more = names.length - 5;
  return names.slice(0, 5).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** What is not shown, counted. */
function more(count, what) {
  return el('p', { class: 'soft' }, `… ${count} more ${what}`);
}

/** The rows of a difference, the marks told apart. */
function marked(text) {
  return text.replace(/\n$/, '').split('\n').flatMap((line, index) => {
    const isMark = /^[\s^]+$/.test(line);
    return [index > 0 ? '\n' : null, el('span', { class: isMark ? 'marks' : 'said' }, visible(line))].filter(Boolean);
  });
}

function signatures(explanation) {
  const { received, expected } = explanation;
  if (!received && !expected) return null;
  if (text(received) === expected) {
    return facts([['signature', code(expected), expected]]);
  }
  return facts([
    ['arrived', received === null ? el('span', { class: 'soft' }, 'none') : code(text(received), 'bad'), text(received)],
    ['expected', expected ? code(expected, 'valid') : el('span', { class: 'soft' }, 'unknown'), expected],
  ]);
}

/** Bytes as JSON has them: text, or base64. */
function text(value) {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : `base64 ${value.base64}`;
}

function code(value, name) {
  return el('code', { class: name }, visible(value));
}

/** So many characters are shown without a frame that scrolls. */
const LONG = 1200;

function long(value) {
  return value.length <= LONG ? code(value) : el('code', { class: 'long', tabindex: 0 }, visible(value));
}

function facts(rows) {
  return el('dl', { class: 'facts' }, rows.filter(Boolean).map(([name, value, copied]) => el('div', {},
    el('dt', {}, name),
    el('dd', {}, value, copied ? el('button', { type: 'button', class: 'quiet', onclick: () => copy(copied, name) }, 'copy') : null))));
}

function tried(explanation) {
  const { tried: all } = explanation;
  if (!all) return null;
  return el('div', { class: 'mistake none-fits' },
    el('p', { class: 'mistake-title' }, 'No known mistake gives this signature.'),
    el('p', {}, `${all.singles} mistakes, ${all.pairs} pairs of them and ${all.key_orders} orders of JSON members were ruled out: ${all.families.join(', ')}.`),
    all.left_out.length > 0 ? el('p', { class: 'soft' }, visible(`Not tried: ${all.left_out.join('; ')}.`)) : null,
    all.advice.length > 0 ? el('ul', {}, all.advice.map((step) => el('li', {}, visible(step)))) : null);
}

function baseString(explanation) {
  const { base_string: pieces, digest } = explanation;
  if (pieces.length === 0) return null;
  const total = pieces.reduce((sum, piece) => sum + piece.bytes, 0);
  const rows = pieces.map((piece) => el('tr', {},
    el('th', { scope: 'row' }, visible(piece.part)),
    el('td', { class: 'number' }, String(piece.bytes)),
    el('td', {}, piece.text === undefined
      ? el('span', { class: 'chip secret' }, `hidden, ${piece.bytes} bytes`)
      : [long(text(piece.text)), piece.more_bytes ? more(piece.more_bytes, 'bytes') : null])));
  const name = digest ? `${digest.hmac ? 'HMAC-' : ''}${digest.name}` : '';
  return el('details', { class: 'base', open: true },
    el('summary', {}, `Base string: ${total} bytes${explanation.more_pieces > 0 ? ' and more' : ''}`, name ? `, hashed with ${name}, written as ${digest.output}` : ''),
    el('table', { class: 'pieces' },
      el('thead', {}, el('tr', {}, el('th', {}, 'part'), el('th', { class: 'number' }, 'bytes'), el('th', {}, 'value'))),
      el('tbody', {}, rows)),
    explanation.more_pieces > 0 ? more(explanation.more_pieces, 'pieces') : null,
    digest ? facts([['digest', code(digest.hex), digest.hex]]) : null);
}

function notes(explanation) {
  if (explanation.notes.length === 0) return null;
  return el('ul', { class: 'notes' }, explanation.notes.map((note) => el('li', {}, visible(note))));
}

function request(told, acts) {
  if (!told.headers) return section('What came', body(told.body, 'what came', acts.whole));
  return section('Request',
    el('pre', { class: 'line', tabindex: 0 }, el('b', {}, visible(told.method)), ' ', visible(told.target), ' ',
      el('span', { class: 'soft' }, visible(told.version))),
    headers(told.headers),
    told.chunk_count > 0 ? el('p', { class: 'soft' }, chunks(told)) : null,
    told.body.bytes > 0 ? body(told.body, 'body', acts.whole) : el('p', { class: 'soft' }, 'It has no body.'));
}

function chunks(told) {
  const more = told.chunk_count - told.chunks.length;
  return `It came in ${told.chunk_count} chunks: ${told.chunks.join(', ')}${more > 0 ? ` and ${more} more` : ''} bytes.`;
}

/** So many headers are shown at once. */
const MOST_HEADERS = 60;

function headers(fields) {
  const row = ([name, value]) => [el('dt', {}, visible(name)), el('dd', {}, visible(value))];
  const grid = el('dl', { class: 'headers' }, fields.slice(0, MOST_HEADERS).map(row));
  if (fields.length <= MOST_HEADERS) return grid;
  const more = button(`Show all ${fields.length} headers`, 'Show the rest', () => {
    grid.append(...fields.slice(MOST_HEADERS).flatMap(row));
    more.remove();
  });
  return el('div', {}, grid, more);
}

function answer(told, acts) {
  const { response } = told;
  if (!response) return section('Answer', el('p', { class: 'statement odd' }, 'It got none.'));
  return section('Answer',
    el('pre', { class: 'line' }, el('b', { class: statusTone(response.status) }, String(response.status))),
    response.headers.length > 0 ? headers(response.headers) : null,
    response.body.bytes > 0 ? body(response.body, 'answer', acts.whole) : el('p', { class: 'soft' }, 'Its body is empty.'));
}

function timing(told) {
  const { entry } = told;
  return section('Timing', facts([
    ['came', `${day(entry.at)}, ${seconds(entry.since)} after the start`],
    entry.gap === null ? null : ['pause', `${seconds(entry.gap)} after the attempt before it`],
    told.age ? ['its own time', told.age] : null,
    ['answered', answered(entry)],
  ]));
}

function answered(entry) {
  if (entry.ms !== null) return `after ${millis(entry.ms)}`;
  return entry.status === null ? 'not' : `with ${entry.status}`;
}

/** The panel that asks where to send it. */
export function resendPanel(about, send, close) {
  const url = el('input', { type: 'text', id: 'resend-url', placeholder: '127.0.0.1:8000/hook', spellcheck: 'false', 'aria-label': 'URL' });
  const choice = (value, name, more) => el('label', { class: 'choice' },
    el('input', { type: 'radio', name: 'resend-to', value, checked: value === 'here' }), ' ', name, more);
  url.addEventListener('focus', () => { panel.querySelector('[value=url]').checked = true; });
  const result = el('p', { class: 'result', role: 'status' });
  const panel = el('div', { class: 'card' },
    el('h3', {}, 'Send its exact bytes again'),
    choice('here', ['to this receiver ', el('code', {}, about.url)]),
    about.forward ? choice('forward', ['to where it forwards ', el('code', {}, visible(about.forward))]) : null,
    choice('url', 'to ', url),
    about.allow_remote ? null : el('p', { class: 'soft' }, 'A URL of this machine; others need --allow-remote.'),
    el('p', { class: 'acts' },
      button('Send', 'Send it (Enter)', () => {
        const to = panel.querySelector('[name=resend-to]:checked').value;
        send(to === 'url' ? { to, url: url.value } : { to }, result);
      }, { class: 'button primary', 'data-act': 'send' }),
      button('Close', 'Close (Esc)', close)),
    result);
  url.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') panel.querySelector('[data-act=send]').click();
  });
  return panel;
}

/** What came of it. */
export function resent(told, open) {
  if (told.error) return [el('span', { class: 'chip bad' }, 'no answer'), ' ', el('span', {}, visible(told.error)), ' ', link(told, open)];
  const parts = [el('span', { class: `chip ${statusTone(told.status)}` }, String(told.status)), ` after ${millis(told.ms)} from `, el('code', {}, visible(told.to)), ' ', link(told, open)];
  if (told.body && told.body.bytes > 0) parts.push(body(told.body, 'answer'));
  return parts;
}

function link(told, open) {
  if (!told.record) return '';
  return el('button', { type: 'button', class: 'link', 'data-act': 'open', onclick: () => open(told.record) }, 'see the new record');
}

/** What is shown while nothing has come. */
export function waiting(about) {
  return el('div', { class: 'waiting' },
    el('div', { class: 'pulse', 'aria-hidden': 'true' }),
    el('h2', {}, 'Nothing came yet'),
    el('p', { class: 'soft' }, `Point ${about.platform} at this URL, through a tunnel if it is not on this machine:`),
    copyable(about.url, 'the URL'),
    about.tries.map(([what, command]) => [el('p', { class: 'soft' }, `Or ${what}:`), copyable(command, 'the command')]),
    el('p', { class: 'soft' }, 'What comes is shown here at once.'));
}

/** What is wrong, and how often. */
function reasons(entries, look) {
  const found = new Map();
  for (const entry of entries) {
    const reason = tone(entry) === 'valid' ? null : entry.wrong ?? entry.mistake ?? entry.why;
    if (reason) found.set(reason, (found.get(reason) ?? 0) + 1);
  }
  if (found.size === 0) return null;
  const most = [...found].sort(([, one], [, other]) => other - one).slice(0, 8);
  return el('ul', { class: 'reasons', 'aria-label': 'What is wrong' }, most.map(([reason, count]) => el('li', {},
    el('button', { type: 'button', title: 'Show these', onclick: () => look(reason) },
      el('span', { class: 'number' }, `${count}×`), el('span', {}, visible(reason))))));
}

/** What is shown while none is chosen. */
export function idle(entries, look) {
  const count = (test) => entries.filter(test).length;
  const tiles = [
    ['came', entries.length, ''],
    ['valid', count((entry) => entry.verdict === 'valid' && entry.is_right), 'valid'],
    ['wrong', count((entry) => tone(entry) === 'bad'), 'bad'],
    ['unsigned', count((entry) => entry.verdict === 'unsigned'), 'odd'],
    ['came again', count((entry) => entry.attempt > 1), 'odd'],
  ];
  return el('div', { class: 'idle' },
    el('dl', { class: 'tiles' }, tiles.map(([name, number, kind]) => el('div', { class: number > 0 ? kind : '' }, el('dt', {}, name), el('dd', {}, String(number))))),
    reasons(entries, look),
    el('p', { class: 'soft' }, 'Choose a request to see all of it: ', el('kbd', {}, 'j'), ' ', el('kbd', {}, 'k'), ' and ', el('kbd', {}, 'Enter'), ', or ', el('kbd', {}, '?'), ' for all keys.'));
}
