// What the other files are made of: elements, and values in words.
//
// What arrived is hostile until shown otherwise. It becomes text nodes, and nothing else.

/** An element; texts among its children become text nodes. */
export function el(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

// What is invisible, or turns the direction of what follows; a line break and a tab are neither.
// U+00A0 … U+FFFB as the terminal's escaping has them.
const ODD = /[\u0000-\u0008\u000b-\u001f\u007f-\u00a0\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

/** A text with marks in the place of what nobody would see. */
export function visible(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(ODD)) {
    if (match[0] === '\r' && text[match.index + 1] === '\n') continue;
    parts.push(text.slice(end, match.index), unseen(match[0]));
    end = match.index + match[0].length;
  }
  parts.push(text.slice(end));
  return parts.filter((part) => part !== '');
}

function unseen(character) {
  const code = character.codePointAt(0);
  const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return el('span', { class: 'unseen', title: 'a character that is not visible' }, name);
}

/** A button. */
export function button(text, title, onclick, attributes) {
  return el('button', { type: 'button', class: 'button', title, onclick, ...attributes }, text);
}

export function bytes(count) {
  if (count < 1000) return `${count} B`;
  if (count < 1000 * 1000) return `${short(count / 1000)} kB`;
  return `${short(count / 1000 / 1000)} MB`;
}

export function millis(ms) {
  if (ms === null || ms === undefined) return '';
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 1000) return `${short(ms)} ms`;
  return seconds(ms / 1000);
}

export function seconds(time) {
  if (time < 120) return `${short(time)} s`;
  if (time < 7200) return `${short(time / 60)} min`;
  return `${short(time / 3600)} h`;
}

function short(number) {
  return number < 10 ? number.toFixed(1) : String(Math.round(number));
}

/** The time of day on this machine. */
export function clock(at) {
  const date = new Date(at);
  if (!at || Number.isNaN(date.getTime())) return '';
  const two = (number) => String(number).padStart(2, '0');
  const millis = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${millis}`;
}

/** Day and time on this machine. */
export function day(at) {
  const date = new Date(at);
  if (!at || Number.isNaN(date.getTime())) return '';
  const two = (number) => String(number).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock(at)}`;
}

/** What a record is called: its events, or what it is. */
export function title(entry) {
  if (entry.kind === 'handshake') return 'handshake';
  if (entry.kind === 'unparsed') return 'not HTTP';
  if (entry.events.length > 0) {
    const more = entry.events.length - 1;
    return more > 0 ? `${entry.events[0]} and ${more} more` : entry.events[0];
  }
  return entry.kind === 'push' ? 'push' : `${entry.method} ${entry.target}`;
}

/** What stands beside its title. */
export function path(entry) {
  return entry.kind === 'other' ? '' : `${entry.method} ${entry.target}`.trim();
}

/** How a record is meant: `valid`, `bad`, `odd` (worth a look) or `none`. */
export function tone(entry) {
  if (entry.kind === 'unparsed' || !entry.is_right) return entry.verdict === 'unsigned' ? 'odd' : 'bad';
  if (entry.wrong) return 'bad';
  if (entry.trouble || entry.fault || !entry.is_taken || entry.is_replay) return 'odd';
  return 'valid';
}

/** Whether somebody who looks for problems wants to see it. */
export function isProblem(entry) {
  const isWrong = entry.status === null || entry.status >= 400;
  return tone(entry) !== 'valid' || isWrong || entry.attempt > 1 || entry.is_duplicate;
}

export function statusTone(status) {
  if (status === null || status === undefined) return 'bad';
  if (status < 300) return 'valid';
  return status < 400 ? 'odd' : 'bad';
}

let hiding;

/** Says something for a moment. */
export function toast(text) {
  const place = document.getElementById('toast');
  place.textContent = text;
  place.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { place.hidden = true; }, 2600);
}

/** Copies a text; where the browser does not let us, it is shown to be copied by hand. */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied`);
  } catch {
    const field = document.getElementById('manual-text');
    field.value = text;
    document.getElementById('manual').showModal();
    field.select();
  }
}

/** A command or a URL with a button that copies it. */
export function copyable(text, what) {
  return el('div', { class: 'copyable' }, el('code', {}, visible(text)),
    el('button', { type: 'button', class: 'quiet', title: `Copy ${what}`, onclick: () => copy(text, what) }, 'copy'));
}
