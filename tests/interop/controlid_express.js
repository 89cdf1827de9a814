// A push server for a Control iD access controller with Express, as most are written: JSON by
// middleware, `{}` where there is nothing to do. It takes `response` as a text or an object.
//
//     node controlid_express.js [PORT]
//
// It prints its address once it listens. GET /report tells how far it is and what was wrong.

'use strict';

const express = require('express');
const { scenario, report } = require('./controlid_scenario');

const app = express();
app.use(express.json({ limit: '16mb' }));

const queue = scenario();
let current;

app.get('/push', (request, response) => {
  current = queue.shift();
  response.json(current ? current.command : {});
});

app.post('/result', (request, response) => {
  const { response: answer, error } = request.body;
  const value = typeof answer === 'string' && answer !== '' ? JSON.parse(answer) : answer;
  const right = current.finish(value, error, request.query.deviceId);
  response.status(right ? 200 : 400).end();
});

app.get('/report', (request, response) => response.type('text').send(report()));

const server = app.listen(Number(process.argv[2] || 0), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
