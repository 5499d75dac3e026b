// Azurite, the emulator of Azure Storage, with one of its services, in memory.
//
//   node server.js blob|table     (the listening socket is standard input)
//
// Its own command line takes a port number only, so it is put together here as its own main.js does.
'use strict';

const from = path => require('azurite/dist/src/' + path).default;
const socket = { fd: 0 };
const host = '127.0.0.1', keepAlive = 5;
const quiet = [false, undefined]; // no access log
const services = {
  blob: () => {
    const { SharedChunkStore } = require('azurite/dist/src/common/persistence/MemoryExtentStore');
    return new (from('blob/BlobServer'))(new (from('blob/BlobConfiguration'))(
      host, socket, keepAlive, '', '', [], ...quiet, false, undefined,
      false, true, '', '', '', undefined, false, true, SharedChunkStore));
  },
  table: () => new (from('table/TableServer'))(new (from('table/TableConfiguration'))(
    host, socket, keepAlive, '', false, ...quiet, undefined,
    false, true, '', '', '', undefined, false, true)),
};
services[process.argv[2]]().start();
