// What the push servers of this folder that are written in Node want of a device, one command
// after the other, and what each of them expects to come back.

'use strict';

const problems = [];
let finished = 0;
let all = 0;

function step(endpoint, body, expects) {
  all += 1;
  const command = { verb: 'POST', endpoint, body, contentType: 'application/json' };
  const finish = (answer, error, deviceId) => {
    let right = false;
    try {
      right = expects(answer, error, deviceId) === true;
    } catch (why) {
      problems.push(`${endpoint}: ${why}`);
      return false;
    }
    finished += 1;
    if (!right) {
      problems.push(`${endpoint}: ${JSON.stringify(answer)} ${error || ''}`);
    }
    return right;
  };
  return { command, finish };
}

function scenario() {
  const user = { id: 12, name: 'Walter White', registration: '0001', password: '', salt: '' };
  const card = { value: 11223344, user_id: 12 };
  const ofUser = { object: 'cards', where: { cards: { user_id: 12 } } };
  const action = { action: 'sec_box', parameters: 'id=65793, reason=3' };
  return [
    step('system_information', {}, (it, _, deviceId) =>
      it.serial === '0G0200/005B6D' && String(it.device_id) === deviceId && it.online === false),
    step('create_objects', { object: 'users', values: [user] }, (it) => it.ids[0] === 12),
    step('create_objects', { object: 'cards', values: [card] }, (it) => it.ids.length === 1),
    step('load_objects', { object: 'users', where: { users: { id: 12 } } }, (it) =>
      it.users.length === 1 && it.users[0].name === 'Walter White'),
    step('load_objects', ofUser, (it) => it.cards[0].value === 11223344),
    step('execute_actions', { actions: [action] }, (it) => it.actions[0].status === 'allowed'),
    step('create_objects', { object: 'cards', values: [card] }, (it, error) =>
      it === undefined && error === 'constraint failed: UNIQUE constraint failed: cards.value'),
    step('modify_objects', { object: 'users', values: { name: 'W' }, where: { users: { id: 12 } } },
      (it) => it.changes === 1),
    step('destroy_objects', { object: 'users', where: { users: { id: 12 } } },
      (it) => it.changes === 1),
    step('load_objects', ofUser, (it) => it.cards.length === 0),
  ];
}

function report() {
  return [`${finished} of ${all} finished`, ...problems].join('\n');
}

module.exports = { scenario, problems, report };
