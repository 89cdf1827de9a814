// The attempts of one message as a timeline, the vendor's schedule below.

import { el, seconds, statusTone } from './parts.js';

const SVG = 'http://www.w3.org/2000/svg';

function draw(tag, attributes, text) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  if (text !== undefined) element.textContent = text;
  return element;
}

/** The sums of pauses, from 0. */
function sums(pauses) {
  const times = [0];
  for (const pause of pauses) times.push(times[times.length - 1] + pause);
  return times;
}

/** The section of a record whose message came more than once. */
export function chain(told, current, open) {
  const came = sums(told.gaps);
  const planned = sums(told.pauses.slice(0, Math.max(told.gaps.length + 1, 1)));
  const hasPlan = told.pauses.length > 0;
  const longest = Math.max(came[came.length - 1], hasPlan ? planned[planned.length - 1] : 0, 0.001);
  // Pauses grow from a second to hours: a root shows both ends. The ends keep clear of the edges.
  const x = (time) => 4 + 92 * Math.sqrt(Math.max(time, 0) / longest);
  const svg = draw('svg', { class: 'timeline', role: 'img', height: hasPlan ? 98 : 66, 'aria-label': words(told) });
  lane(svg, 34, 'came');
  if (hasPlan) lane(svg, 88, 'plan');
  if (hasPlan) planned.forEach((time, index) => plan(svg, told, planned, index, time, x));
  const known = new Map(told.attempts.map((attempt) => [attempt.number, attempt]));
  came.forEach((time, index) => attempt(svg, told, known.get(index + 1), index, time, x, current, open));
  const verdict = told.as_scheduled === null ? null : el('p', { class: `scheduled ${told.as_scheduled ? 'valid' : 'odd'}` },
    el('span', { class: 'chip' }, told.as_scheduled ? 'on schedule' : 'off schedule'), ' ', told.schedule);
  return el('div', { class: 'chain' },
    el('p', {}, el('b', {}, told.label), ` came ${told.count} times`,
      told.count > told.attempts.length ? el('span', { class: 'soft' }, ` (${told.attempts.length} of them are still here)`) : ''),
    el('div', { class: 'lanes' },
      el('div', { class: 'lane-names', 'aria-hidden': 'true' }, el('span', {}, 'came'), hasPlan ? el('span', {}, 'says') : null),
      svg),
    verdict, table(told, known, current, open));
}

function words(told) {
  const gaps = told.gaps.map(seconds).join(', ');
  return `${told.label} came ${told.count} times, with pauses of ${gaps}`;
}

function lane(svg, y, name) {
  svg.append(draw('line', { class: `lane ${name}`, x1: '4%', x2: '96%', y1: y, y2: y }));
}

/** The length of a pause, where there is room for it. */
function gap(svg, from, to, pause, y) {
  if (to - from > 12) svg.append(draw('text', { class: 'gap', x: `${(from + to) / 2}%`, y }, seconds(pause)));
}

function plan(svg, told, planned, index, time, x) {
  if (index > 0) gap(svg, x(planned[index - 1]), x(time), told.pauses[index - 1], 83);
  svg.append(draw('circle', { class: 'tick', cx: `${x(time)}%`, cy: 88, r: 4 }));
}

function attempt(svg, told, known, index, time, x, current, open) {
  if (index > 0) gap(svg, x(time - told.gaps[index - 1]), x(time), told.gaps[index - 1], 28);
  const isHere = known && known.id === current;
  const dot = draw('circle', {
    class: `attempt ${told.accepted[index] ? 'valid' : 'bad'}${isHere ? ' here' : ''}${known ? ' known' : ''}`,
    cx: `${x(time)}%`, cy: 34, r: isHere ? 9 : 7,
  });
  if (known) dot.addEventListener('click', () => open(known.id));
  dot.append(draw('title', {}, `attempt ${index + 1}: ${known?.status ?? 'no answer'}`));
  svg.append(dot);
  // Where attempts stand close, the table below has their statuses.
  const isClose = index > 0 && x(time) - x(time - told.gaps[index - 1]) < 9;
  if (isClose && !isHere) return;
  svg.append(draw('text', { class: 'label', x: `${x(time)}%`, y: 58 }, String(known?.status ?? (known ? 'none' : 'gone'))));
}

function table(told, known, current, open) {
  const rows = sums(told.gaps).map((_, index) => {
    const attempt = known.get(index + 1);
    const said = index === 0 ? '' : told.pauses[index - 1] === undefined ? (told.pauses.length ? 'no more' : '') : seconds(told.pauses[index - 1]);
    const name = attempt && attempt.id !== current
      ? el('button', { type: 'button', class: 'link', onclick: () => open(attempt.id) }, `attempt ${index + 1}`)
      : el('span', {}, `attempt ${index + 1}${attempt ? '' : ', gone'}`);
    return el('tr', { class: attempt?.id === current ? 'this' : undefined }, el('td', {}, name), el('td', { class: 'number' }, index === 0 ? '' : seconds(told.gaps[index - 1])),
      el('td', { class: 'number' }, said),
      el('td', { class: statusTone(attempt?.status) }, attempt ? String(attempt.status ?? 'none') : '',
        told.accepted[index] ? ' accepted' : ''));
  });
  const says = told.platform_name ? `${told.platform_name} says` : 'the vendor says';
  return el('table', { class: 'attempts' },
    el('thead', {}, el('tr', {}, el('th', {}, ''), el('th', { class: 'number' }, 'came after'),
      el('th', { class: 'number' }, says), el('th', {}, 'answered'))),
    el('tbody', {}, rows));
}
