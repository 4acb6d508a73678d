cat >/tmp/t.js <<'JS'
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
if (!isMainThread) { let s = 0; for (let i = 0; i < workerData; i++) s += i; parentPort.postMessage(s); }
else (async () => {
  console.log(await Promise.all([1000, 2000].map(n => new Promise(done => new Worker(__filename, { workerData: n }).once('message', done)))));
  const http = require('http');
  const server = http.createServer((q, r) => r.end('you asked ' + q.url)).listen(0, '127.0.0.1');
  await new Promise(done => server.once('listening', done));
  const get = path => new Promise(done => http.get({ port: server.address().port, host: '127.0.0.1', path }, r => { let b = ''; r.on('data', d => b += d); r.on('end', () => done(b)); }));
  console.log(await Promise.all(['/a', '/b', '/c'].map(get)));
  server.close();
  const cp = require('child_process');
  console.log(cp.execSync('echo sync').toString().trim(), await new Promise(done => cp.exec('exit 4', e => done(e.code))));
  const fs = require('fs'); fs.mkdirSync('/tmp/w', { recursive: true });
  const seen = new Promise(done => { const w = fs.watch('/tmp/w', (what, name) => { w.close(); done(name); }); });
  setTimeout(() => fs.writeFileSync('/tmp/w/new', 'x'), 100);
  console.log(await seen, fs.readdirSync('/tmp/w'));
  console.log(require('crypto').createHash('sha256').update('x').digest('hex').slice(0, 8), require('os').networkInterfaces().lo.map(a => a.address));
})();
JS
node /tmp/t.js
