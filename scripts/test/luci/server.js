'use strict';
// A router for one page at a time: the files of luci-app-hopwire, the stand-in of
// LuCI, and a stub of ubus that grants what acl.d grants (and luci-base, to
// everybody who may log in) and nothing else. It listens on loopback only.

const fs = require('fs');
const http = require('http');
const path = require('path');

const app = path.join(__dirname, '../../../openwrt/luci-app-hopwire');
const acl = JSON.parse(fs.readFileSync(path.join(app, 'root/usr/share/rpcd/acl.d/luci-app-hopwire.json')))['luci-app-hopwire'];
const base = { 'luci-rpc': [ 'getNetworkDevices' ], uci: [ 'get', 'add', 'set', 'delete', 'order', 'apply', 'confirm' ], file: [ 'exec' ] };
const writes = [ 'add', 'set', 'delete', 'order' ];

// granted mirrors rpcd: the method, then the configuration or the command line.
function granted(object, method, params, writable) {
	const groups = writable ? [ acl.read, acl.write ] : [ acl.read ];
	if (!(base[object] || []).includes(method) && !groups.some((g) => ((g.ubus || {})[object] || []).includes(method)))
		return false;
	if (object == 'uci' && params.config)
		return ((writes.includes(method) ? writable && acl.write.uci : acl.read.uci) || []).includes(params.config);
	if (object == 'file')
		return groups.some((g) => ((g.file || {})[[ params.command ].concat(params.params).join(' ')] || []).includes('exec'));
	return true;
}

// A Router is the state behind the page: answers by "object.method", uci, and the calls that came.
class Router {
	constructor() {
		this.reset();
	}
	reset() {
		Object.assign(this, { answers: {}, config: {}, calls: [], denied: [], words: {}, writable: true, next: 0 });
	}
	uci(method, p) {
		const c = this.config[p.config];
		switch (method) {
		case 'get': return c ? [ 0, { values: c } ] : [ 4 ];
		case 'add': {
			const name = p.name || 'cfg' + (this.next++).toString(16).padStart(6, '0');
			c[name] = Object.assign({ '.type': p.type, '.name': name, '.anonymous': !p.name, '.index': Object.keys(c).length }, p.values);
			return [ 0, { section: name } ];
		}
		case 'set': Object.assign(c[p.section], p.values); return [ 0 ];
		case 'delete':
			if (p.options)
				p.options.forEach((o) => delete c[p.section][o]);
			else
				delete c[p.section];
			return [ 0 ];
		}
		return [ 0 ];
	}
	call(m) {
		const [ , object, method, params ] = m.params, name = object + '.' + method;
		const error = (code, message) => ({ jsonrpc: '2.0', id: m.id, error: { code: code, message: message } });
		if (!granted(object, method, params, this.writable)) {
			this.denied.push(name);
			return error(-32002, 'Access denied');
		}
		this.calls.push([ name, params ]);
		if (object == 'uci')
			return { jsonrpc: '2.0', id: m.id, result: this.uci(method, params) };
		const a = this.answers[name];
		return a === undefined ? error(-32000, 'Object not found') : { jsonrpc: '2.0', id: m.id, result: typeof a == 'number' ? [ a ] : [ 0, typeof a == 'function' ? a() : a ] };
	}
	page(view) {
		const set = JSON.stringify({ words: this.words, writable: this.writable }).replace(/</g, '\\u003c');
		return '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>' + view + '</title>' +
			'<link rel="icon" href="data:,"><link rel="stylesheet" href="/stub/theme.css"></head><body><header>OpenWrt</header><main id="maincontent"><div id="view"></div></main>' +
			'<script>window.stub=' + set + '</script><script src="/stub/luci.js"></script><script>L.show(' + JSON.stringify(view) + ')</script></body></html>';
	}
	file(url) {
		if (url.startsWith('/page/'))
			return [ 'text/html', this.page(url.substring(6)) ];
		const resources = '/luci-static/resources/';
		const where = url == resources + 'form.js' ? path.join(__dirname, 'form.js')
			: url.startsWith(resources) ? path.join(app, 'htdocs', path.normalize(url))
				: url.startsWith('/stub/') ? path.join(__dirname, path.basename(url)) : null;
		return where && fs.existsSync(where) ? [ where.endsWith('.css') ? 'text/css' : 'text/javascript', fs.readFileSync(where) ] : null;
	}
	serve(req, res) {
		if (req.method == 'POST') {
			let body = '';
			req.on('data', (d) => { body += d; });
			req.on('end', () => {
				res.setHeader('Content-Type', 'application/json');
				res.end(JSON.stringify(JSON.parse(body).map((m) => this.call(m))));
			});
			return;
		}
		const found = this.file(new URL(req.url, 'http://x').pathname);
		res.writeHead(found ? 200 : 404, { 'Content-Type': (found ? found[0] : 'text/plain') + '; charset=utf-8' });
		res.end(found ? found[1] : 'not found');
	}
	async listen() {
		this.server = http.createServer((req, res) => this.serve(req, res));
		await new Promise((done) => this.server.listen(0, '127.0.0.1', done));
		return 'http://127.0.0.1:' + this.server.address().port;
	}
	close() {
		this.server.closeAllConnections();
		this.server.close();
	}
}

module.exports = { Router, app };
