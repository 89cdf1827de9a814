// A body in three views: set out over lines, as it is, and byte for byte.

import { bytes, button, el, visible } from './parts.js';

const NAMES = { pretty: 'Set out', text: 'As text', raw: 'Bytes' };

// The view that was chosen last, as far as a body has it.
let chosen = 'pretty';

/** Longer texts are not coloured: so many elements make a browser slow. */
const MOST_COLOURED = 60_000;

/** A body; `whole` asks for all of it. */
export function body(shown, label, whole) {
  const views = ['pretty', 'text', 'raw'].filter((view) => view === 'raw' || typeof shown[view] === 'string');
  const pane = el('div', { class: 'pane' });
  const tabs = el('div', { class: 'tabs', role: 'tablist', 'aria-label': label });
  const show = (view) => {
    for (const tab of tabs.children) {
      const isOn = tab.dataset.view === view;
      tab.setAttribute('aria-selected', String(isOn));
      tab.tabIndex = isOn ? 0 : -1;
    }
    pane.replaceChildren(...content(shown, view, whole));
  };
  for (const view of views) {
    tabs.append(el('button', {
      type: 'button', role: 'tab', 'data-view': view,
      onclick: () => { chosen = view; show(view); },
      onkeydown: (event) => step(event, tabs),
    }, NAMES[view]));
  }
  show(views.includes(chosen) ? chosen : views[0]);
  return el('div', { class: 'body' }, el('div', { class: 'body-head' }, tabs, el('span', { class: 'soft' }, size(shown))), pane);
}

/** The next view of all bodies that are shown. */
export function nextView() {
  const order = Object.keys(NAMES);
  chosen = order[(order.indexOf(chosen) + 1) % order.length];
  for (const tab of document.querySelectorAll(`.tabs [data-view="${chosen}"]`)) tab.click();
}

function step(event, tabs) {
  const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!way) return;
  event.preventDefault();
  event.stopPropagation();
  const all = [...tabs.children];
  const next = all[(all.indexOf(event.currentTarget) + way + all.length) % all.length];
  next.click();
  next.focus();
}

function size(shown) {
  const kind = { json: 'JSON', text: 'text', binary: 'no text' }[shown.kind] ?? '';
  return [bytes(shown.bytes), kind].filter(Boolean).join(' · ');
}

function content(shown, view, whole) {
  const parts = [];
  if (shown.has_secret) {
    parts.push(el('p', { class: 'hint' }, 'One of your secrets stands in it; here are asterisks in its place. The export has what arrived.'));
  }
  if (view === 'raw') parts.push(dump(shown));
  else {
    const text = shown[view];
    const isColoured = shown.kind === 'json' && text.length < MOST_COLOURED;
    parts.push(el('pre', { class: 'text', tabindex: 0 }, isColoured ? coloured(text) : visible(text)));
  }
  const isCut = view === 'raw' ? shown.raw_bytes < shown.bytes : shown.is_cut;
  if (isCut) {
    parts.push(el('p', { class: 'hint' },
      view === 'raw' ? `These are the first ${bytes(shown.raw_bytes)} of ${bytes(shown.bytes)}. ` : 'This is its beginning. ',
      whole ? button('Show more', 'As much as a page can hold', whole) : 'The export has all of it.'));
  }
  return parts;
}

/** JSON, its names and values told apart. */
function coloured(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|-?\d[\d.eE+-]*|\b(?:true|false|null)\b/g)) {
    if (match.index > end) parts.push(...visible(text.slice(end, match.index)));
    const [token, colon] = match;
    const kind = token[0] !== '"' ? 'number' : colon ? 'name' : 'string';
    const word = colon ? token.slice(0, -colon.length) : token;
    parts.push(el('span', { class: `json-${kind}` }, visible(word)));
    if (colon) parts.push(colon);
    end = match.index + token.length;
  }
  parts.push(...visible(text.slice(end)));
  return parts;
}

const WIDE = 16;

/** Offsets, bytes and characters, in columns that can be selected alone. */
function dump(shown) {
  const raw = atob(shown.raw);
  const [offsets, hex, characters] = [[], [], []];
  for (let at = 0; at < raw.length; at += WIDE) {
    const line = raw.slice(at, at + WIDE);
    const pairs = [...line].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, '0'));
    offsets.push(at.toString(16).padStart(8, '0'));
    hex.push(`${pairs.slice(0, 8).join(' ')}${pairs.length > 8 ? '  ' : ''}${pairs.slice(8).join(' ')}`);
    characters.push([...line].map(picture).join(''));
  }
  const column = (name, lines) => el('pre', { class: name }, lines.join('\n'));
  return el('div', { class: 'dump', tabindex: 0, role: 'group', 'aria-label': 'bytes in hexadecimal' },
    column('offsets', offsets), column('hex', hex), column('characters', characters));
}

/** A byte as a sign: control characters have pictures of their own. */
function picture(byte) {
  const code = byte.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  return code > 0x7f ? '·' : byte;
}
