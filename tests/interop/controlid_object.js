// A push server for a Control iD access controller that is wrong: it takes `response` for an
// object, as the vendor's example shows it, and a device sends a text that holds the object.
//
//     node controlid_object.js [PORT]

'use strict';

const http = require('http');

const body = { object: 'users', fields: ['id', 'name'] };
const queue = [{ verb: 'POST', endpoint: 'load_objects', body, contentType: 'application/json' }];
let names = 'none yet';

const server = http.createServer((request, response) => {
  let text = '';
  request.on('data', (chunk) => { text += chunk; });
  request.on('end', () => {
    if (request.url.startsWith('/push')) {
      const command = queue.shift();
      response.end(command ? JSON.stringify(command) : '');
    } else if (request.url.startsWith('/result')) {
      try {
        const { users } = JSON.parse(text).response;
        names = users.map((user) => user.name).join(', ');
      } catch (why) {
        names = String(why);
        response.statusCode = 500;
      }
      response.end();
    } else {
      response.end(names);
    }
  });
});

const port = Number(process.argv[2] || 0);
server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
