// json-server with one empty collection, /docs, in memory.
//
//   node server.js     (the listening socket is standard input)
'use strict';

const jsonServer = require('json-server');
const app = jsonServer.create();
app.use(jsonServer.defaults({ logger: false }));
app.use(jsonServer.router({ docs: [] }));
app.listen({ fd: 0 });
