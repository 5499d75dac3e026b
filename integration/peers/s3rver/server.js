// s3rver with one bucket, called bucket, in the directory that the first argument names.
//
//   node server.js directory     (the listening socket is standard input)
'use strict';

const http = require('http');
const S3rver = require('s3rver');
const server = new S3rver({ directory: process.argv[2], silent: true, configureBuckets: [{ name: 'bucket' }] });
server.configureBuckets().then(() => http.createServer(server.getMiddleware()).listen({ fd: 0 }));
