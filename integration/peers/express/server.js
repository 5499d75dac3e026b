// A handler as many programs have it, in Express: documents under /docs/:id, and a 409 for the write that comes too late.
//
//   node server.js express4|express5 text|page|json     (the listening socket is standard input)
//
// The argument names how the 409 looks: text is res.send of a sentence, page is an error handed to next, json is res.json.
// With express4 the entity tag is a version number that the handler sets itself. With express5 it is the one that Express
// makes of the body on its own, which is weak; the handler compares with the same function.
'use strict';

const [framework, way] = process.argv.slice(2);
const express = require(framework);
const app = express();
app.use(express.raw({ type: () => true, limit: '1mb' }));

const docs = new Map(); // id -> { type, body, version }
let version = 0;

const tagOf = framework === 'express4'
  ? doc => `"${doc.version}"`
  : doc => app.get('etag fn')(doc.body);

const conflict = {
  text: res => res.status(409).send('Resource has been modified'),
  page: (res, next) => next(Object.assign(new Error('Resource has been modified'), { status: 409 })),
  json: res => res.status(409).json({ error: 'Resource has been modified' }),
}[way];

// outdated reports whether the request's condition does not hold, and has answered then.
function outdated(req, res, next) {
  const doc = docs.get(req.params.id);
  const want = req.get('If-Match');
  if (req.get('If-None-Match') === '*') {
    if (!doc) return false;
    conflict(res, next);
  } else if (want === undefined) {
    res.status(428).json({ error: 'If-Match is required' });
  } else if (want === '*') { // of the suite's own requests
    return false;
  } else if (!doc) {
    res.status(404).json({ error: 'Not found' });
  } else if (want !== tagOf(doc)) {
    conflict(res, next);
  } else {
    return false;
  }
  return true;
}

app.get('/docs/:id', (req, res) => {
  const doc = docs.get(req.params.id);
  if (!doc) return res.status(404).json({ error: 'Not found' });
  res.set('Content-Type', doc.type);
  if (framework === 'express4') res.set('ETag', tagOf(doc));
  res.send(doc.body);
});

app.put('/docs/:id', (req, res, next) => {
  if (outdated(req, res, next)) return;
  docs.set(req.params.id, { type: req.get('Content-Type'), body: req.body, version: ++version });
  res.json({ ok: true }); // a receipt: Express gives it an entity tag, which is not the document's
});

app.delete('/docs/:id', (req, res, next) => {
  if (outdated(req, res, next)) return;
  res.sendStatus(docs.delete(req.params.id) ? 204 : 404);
});

app.listen({ fd: 0 });
