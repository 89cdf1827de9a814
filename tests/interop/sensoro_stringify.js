// A SENSORO webhook as the vendor's demo has it: the body is parsed, and JSON.stringify of it
// is what is verified. That is right as long as the sender writes JSON as JSON.stringify does;
// a blank, `1.0` or `\u4e2d` in the body, and a right signature is refused.
//
// It prints its address once it listens.

'use strict';

const crypto = require('crypto');
const http = require('http');

const APP_SECRET = 'S3cretS3cretS3cretS3cretS3cret00';

const server = http.createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (chunk) => { text += chunk; });
  request.on('end', () => {
    const body = text ? JSON.parse(text) : {};
    const url = `http://${request.headers.host}${request.url}`;
    const signString = request.headers['x-access-nonce'] + request.method + url + JSON.stringify(body);
    const expected = crypto.createHmac('sha256', APP_SECRET).update(signString).digest('base64');
    const right = expected === request.headers['x-access-signature'];
    response.writeHead(right ? 200 : 400, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(right ? { message: 'success' } : { info: 'Invalid signature' }));
  });
});

server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
