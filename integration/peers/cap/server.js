// SAP CAP with one OData v4 entity set, /odata/v4/store/Docs, on SQLite in memory.
//
//   node server.js     (the listening socket is standard input)
'use strict';

const cds = require('@sap/cds');
const express = require('express');

// The tag is made of a value that is new with each write. The time of the last change, which many models have there, moves
// in steps of a millisecond, and two writes within one step would share it.
const model = `
  service Store {
    entity Docs {
      key id     : String;
      title      : String;
      count      : Integer;
      apiVersion : String;
      ratio      : Decimal(9, 4);
      bytes      : Decimal(30, 0);
      note       : String;
      owners     : many { name : String; since : Date; };
      @odata.etag
      version    : UUID;
    }
  }`;

async function main() {
  const csn = cds.compile(model);
  cds.model = cds.linked(cds.compile.for.nodejs(csn));
  cds.db = await cds.connect.to({ kind: 'sqlite', impl: '@cap-js/sqlite', driver: 'sql.js', credentials: { url: ':memory:' } });
  await cds.deploy(csn).to(cds.db);
  const app = express();
  await cds.serve('all').from(csn).in(app).with(store => {
    store.before(['CREATE', 'UPDATE', 'UPSERT'], 'Docs', req => { req.data.version = cds.utils.uuid(); });
  });
  app.listen({ fd: 0 });
}

main().catch(err => { console.error(err); process.exit(1); });
