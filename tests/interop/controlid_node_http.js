// A push server for a Control iD access controller, in plain Node: it enrolls a person, reads the
// person back, opens a door, and checks every result by itself.
//
// Written from Control iD's page on Push: the device asks GET /push for a command and posts what
// came of it to /result, where `response` is a text that holds JSON.
//
//     node controlid_node_http.js [PORT]
//
// It prints its address once it listens. GET /report tells how far it is and what was wrong.

'use strict';

const http = require('http');
const { scenario, problems, report } = require('./controlid_scenario');

const queue = scenario();
const waiting = new Map(); // by the uuid of the poll

const server = http.createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const text = Buffer.concat(chunks).toString('utf8');
    if (pathname === '/push' && request.method === 'GET') {
      const step = queue.shift();
      if (!step) {
        response.end();
        return;
      }
      waiting.set(searchParams.get('uuid'), step);
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(step.command));
    } else if (pathname === '/result' && request.method === 'POST') {
      const step = waiting.get(searchParams.get('uuid'));
      waiting.delete(searchParams.get('uuid'));
      response.statusCode = step && check(step, searchParams, text) ? 200 : 400;
      response.end();
    } else if (pathname === '/report') {
      response.end(report());
    } else {
      response.statusCode = 404;
      response.end();
    }
  });
});

function check(step, query, text) {
  if (query.get('endpoint') !== step.command.endpoint) {
    problems.push(`the endpoint is ${query.get('endpoint')}, not ${step.command.endpoint}`);
    return false;
  }
  const result = JSON.parse(text);
  const answer = result.response ? JSON.parse(result.response) : undefined;
  return step.finish(answer, result.error, query.get('deviceId'));
}

const port = Number(process.argv[2] || 0);
server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
