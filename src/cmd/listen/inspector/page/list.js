// The list: the newest first, and nothing moves under the eyes of who looks at one.

import { clock, day, el, isProblem, millis, path, seconds, statusTone, title, tone, visible } from './parts.js';

/** The rows, those that the filter hides included. */
export class List {
  constructor(place, choose) {
    this.place = place;
    this.choose = choose;
    // By number, in the order in which they came.
    this.rows = new Map();
    this.chosen = null;
    this.fits = () => true;
    place.addEventListener('click', (event) => {
      const row = event.target.closest('[data-id]');
      if (row) choose(Number(row.dataset.id));
    });
  }

  /** Adds records that came; gives how many of them the filter shows. */
  add(entries) {
    const rows = document.createDocumentFragment();
    let shown = 0;
    for (const entry of entries) {
      if (this.rows.has(entry.id)) continue;
      const element = row(entry);
      element.hidden = !this.fits(entry);
      shown += element.hidden ? 0 : 1;
      this.rows.set(entry.id, { entry, element });
      rows.prepend(element);
    }
    this.keepStill(() => this.place.prepend(rows));
    return shown;
  }

  /** What is older is gone. */
  drop(first) {
    for (const [id, { element }] of this.rows) {
      if (id >= first) break;
      element.remove();
      this.rows.delete(id);
    }
  }

  /** Shows only what fits. */
  filter(fits) {
    this.fits = fits;
    for (const { entry, element } of this.rows.values()) element.hidden = !fits(entry);
    this.scrollToChosen();
  }

  /** Marks one as the chosen. */
  mark(id) {
    this.rows.get(this.chosen)?.element.setAttribute('aria-selected', 'false');
    this.chosen = id;
    const element = this.rows.get(id)?.element;
    element?.setAttribute('aria-selected', 'true');
    if (element) this.place.setAttribute('aria-activedescendant', element.id);
    else this.place.removeAttribute('aria-activedescendant');
    this.scrollToChosen();
  }

  scrollToChosen() {
    const element = this.rows.get(this.chosen)?.element;
    if (element && !element.hidden) element.scrollIntoView({ block: 'nearest' });
  }

  entry(id) {
    return this.rows.get(id)?.entry;
  }

  /** The records that are shown, the newest first. */
  shown() {
    return [...this.rows.values()].filter(({ element }) => !element.hidden).map(({ entry }) => entry).reverse();
  }

  /** The one so many rows below the chosen; the first where none is chosen. */
  beside(way) {
    const shown = this.shown();
    const at = shown.findIndex((entry) => entry.id === this.chosen);
    if (at < 0) return shown[0]?.id;
    return shown[Math.min(Math.max(at + way, 0), shown.length - 1)].id;
  }

  entries() {
    return [...this.rows.values()].map(({ entry }) => entry);
  }

  /** Whether somebody looks at a place of the list that new rows would push away. */
  isRead() {
    return this.place.scrollTop > 0 || this.chosen !== null;
  }

  keepStill(change) {
    const isRead = this.isRead();
    const before = this.place.scrollHeight;
    change();
    if (isRead) this.place.scrollTop += this.place.scrollHeight - before;
  }
}

function row(entry) {
  const reason = entry.wrong ?? entry.mistake ?? entry.why;
  const chips = [
    entry.attempt > 1 ? chip(`attempt ${entry.attempt}${entry.gap === null ? '' : ` after ${seconds(entry.gap)}`}`, 'odd') : null,
    entry.is_duplicate ? chip('duplicate', 'odd') : null,
    entry.is_replay ? chip('replay?', 'bad') : null,
    entry.fault ? chip(`fault ${entry.fault}`, 'odd') : null,
    entry.trouble ? chip(entry.trouble, 'odd') : null,
  ].filter(Boolean);
  return el('li', {
    id: `row-${entry.id}`, 'data-id': entry.id, role: 'option', 'aria-selected': 'false', class: `row ${tone(entry)}`,
  },
  el('span', { class: 'time', title: day(entry.at) }, clock(entry.at)),
  el('span', { class: 'what' },
    entry.platform_name ? el('span', { class: 'platform' }, visible(entry.platform_name)) : null,
    el('b', {}, visible(title(entry))),
    el('span', { class: 'path' }, visible(path(entry)))),
  el('span', { class: 'verdict' }, verdictChip(entry)),
  el('span', { class: `status ${statusTone(entry.status)}` }, entry.status === null ? 'none' : String(entry.status)),
  el('span', { class: 'took' }, millis(entry.ms)),
  reason || chips.length > 0
    ? el('span', { class: 'reason' }, chips, reason ? el('span', { class: 'words' }, visible(reason)) : null)
    : null);
}

function chip(text, name) {
  return el('span', { class: `chip ${name}` }, visible(text));
}

/** The verdict in a word. */
export function verdictChip(entry) {
  const word = entry.verdict === 'valid' && !entry.is_right ? 'refused' : entry.verdict;
  return el('span', { class: `chip ${entry.is_right && entry.verdict === 'valid' ? 'valid' : tone(entry)}` }, word);
}

/** What a filter lets through. */
export function filterOf(filter) {
  const words = filter.q.toLowerCase().split(/\s+/).filter(Boolean);
  return (entry) => {
    if (filter.platform && (entry.platform ?? 'none') !== filter.platform) return false;
    if (filter.event && !names(entry).includes(filter.event)) return false;
    if (filter.verdict && entry.verdict !== filter.verdict) return false;
    if (filter.status && String(entry.status ?? 'none') !== filter.status) return false;
    if (filter.problems && !isProblem(entry)) return false;
    if (words.length === 0) return true;
    const text = textOf(entry);
    return words.every((word) => text.includes(word));
  };
}

/** What it tells, for the filter. */
export function names(entry) {
  return entry.events.length > 0 ? entry.events : [entry.kind];
}

function textOf(entry) {
  return [
    `#${entry.number ?? ''}`, entry.method, entry.target, entry.peer, entry.platform, entry.platform_name,
    ...names(entry), entry.verdict, entry.why, entry.mistake, entry.wrong, entry.fault, entry.trouble, entry.status,
  ].join('\n').toLowerCase();
}
