// A SENSORO webhook that is right, in plain Node: the signature covers the bytes that came.
//
// Written from SENSORO's documentation of message signatures:
// base64(HMAC-SHA256(AppSecret, nonce + METHOD + url + body)).
//
// It prints its address once it listens.

'use strict';

const crypto = require('crypto');
const http = require('http');

const APP_SECRET = 'S3cretS3cretS3cretS3cretS3cret00';

function signature(nonce, method, url, body) {
  const hmac = crypto.createHmac('sha256', APP_SECRET);
  return hmac.update(nonce + method + url).update(body).digest('base64');
}

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const url = `http://${request.headers.host}${request.url}`;
    const nonce = request.headers['x-access-nonce'] || '';
    const expected = signature(nonce, request.method, url, Buffer.concat(chunks));
    const right = expected === request.headers['x-access-signature'];
    response.writeHead(right ? 200 : 400, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(right ? { messages: 'success' } : { info: 'Invalid signature' }));
  });
});

server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
