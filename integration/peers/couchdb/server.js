// The CouchDB API of express-pouchdb, in memory, with the database that the first argument names.
//
//   node server.js database     (the listening socket is standard input)
'use strict';

const PouchDB = require('pouchdb-core')
  .plugin(require('pouchdb-adapter-memory'))
  .plugin(require('pouchdb-mapreduce'))
  .plugin(require('pouchdb-replication'))
  .plugin(require('pouchdb-find'))
  .defaults({ adapter: 'memory' });

const app = require('express')();
app.use(require('express-pouchdb')(PouchDB, { mode: 'fullCouchDB', inMemoryConfig: true, logPath: '/dev/null' }));
new PouchDB(process.argv[2]).info().then(() => app.listen({ fd: 0 }));
